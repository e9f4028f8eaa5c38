#include "truckee/doors/credentials.hpp"

#include "truckee/doors/handshake_words.hpp"
#include "truckee/tls/check.hpp"
#include "truckee/tls/openssl_handles.hpp"

#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace truckee::doors {

namespace {

tls::identity identity_or_none(const X509* certificate) {
  return certificate ? tls::identity_of(certificate) : tls::identity{};
}

/// OpenSSL keeps errors by thread, and wants the list emptied before each call that is judged.
class tls_stream final : public stream {
public:
  tls_stream(std::shared_ptr<const credentials> with, int fd, bool accepts, expected_peer who)
    : with_(std::move(with)), who_(std::move(who)), accepts_(accepts), session_(SSL_new(with_->context())) {
    if (!session_)
      return;
    SSL_set_fd(session_.get(), fd);
    SSL_set_app_data(session_.get(), this);
    if (accepts_)
      SSL_set_accept_state(session_.get());
    else
      SSL_set_connect_state(session_.get());
    // A name for servers with several certificates, and for whoever looks at the wire.
    if (!accepts_ && !who_.names.empty())
      SSL_set_tlsext_host_name(session_.get(), who_.names.front().c_str());
    ERR_clear_error();
  }

  progress open() override {
    if (!session_) {
      what_ = {refusal::broken, "OpenSSL has no memory for another connection"};
      return progress::broken;
    }
    ERR_clear_error();
    const int r = SSL_do_handshake(session_.get());
    if (r != 1)
      return failed(r, 0).how;
    if (const auto* certificate = SSL_get0_peer_certificate(session_.get()))
      peer_ = tls::identity_of(certificate);
    return progress::done;
  }

  bool has_begun() const override {
    const auto at = session_ ? SSL_get_state(session_.get()) : TLS_ST_BEFORE;
    return at != TLS_ST_BEFORE && at != TLS_ST_SR_CLNT_HELLO;
  }

  moved read(mutable_byte_view into) override {
    ERR_clear_error();
    std::size_t size = 0;
    const int r = SSL_read_ex(session_.get(), into.data(), into.size(), &size);
    return r == 1 ? moved{progress::done, size} : failed(r, into.size());
  }

  moved write(byte_view from) override {
    ERR_clear_error();
    std::size_t size = 0;
    const int r = SSL_write_ex(session_.get(), from.data(), from.size(), &size);
    return r == 1 ? moved{progress::done, size} : failed(r, from.size());
  }

  void farewell() override {
    ERR_clear_error();
    if (session_ && SSL_is_init_finished(session_.get()) && !broken_)
      SSL_shutdown(session_.get());
    ERR_clear_error();
  }

  const trouble& what() const override { return what_; }
  const std::optional<tls::identity>& peer() const override { return peer_; }

  /// Of X509_verify_cert, in the middle of a handshake; 1: go on.
  static int on_verify(int good, X509_STORE_CTX* at) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(at, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return ssl == nullptr ? 0 : static_cast<tls_stream*>(SSL_get_app_data(ssl))->judge(good == 1, at);
  }

private:
  int judge(bool good, X509_STORE_CTX* at) {
    const auto who = identity_or_none(X509_STORE_CTX_get0_cert(at));
    if (!good) {
      verdict_ = verdict_on(X509_STORE_CTX_get_error(at),
                            identity_or_none(X509_STORE_CTX_get_current_cert(at)), who);
      return 0;
    }
    if (X509_STORE_CTX_get_error_depth(at) != 0)
      return 1;
    // Whoever calls with our own key is this node, which looks whether it can be reached.
    if (accepts_ && who.key == with_->own().key)
      return 1;
    verdict_ = verdict_on(who, who_);
    if (!verdict_)
      return 1;
    X509_STORE_CTX_set_error(at, verdict_->why == refusal::wrong_role ? X509_V_ERR_INVALID_PURPOSE
                                                                      : X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
  }

  moved failed(int r, std::size_t) {
    const int problem = errno;
    switch (SSL_get_error(session_.get(), r)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {progress::again};
    case SSL_ERROR_ZERO_RETURN:
      return {progress::ended};
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      what_ = {SSL_is_init_finished(session_.get()) ? refusal::broken : refusal::not_tls,
               problem == 0 ? "the other end hung up" : std::strerror(problem)};
      break;
    default:
      broken_ = true;
      what_ = verdict_ ? *verdict_ : trouble_of(ERR_peek_last_error(), with_->own(), accepts_);
    }
    ERR_clear_error();
    return {progress::broken};
  }

  std::shared_ptr<const credentials> with_;
  expected_peer who_;
  bool accepts_;
  bool broken_ = false;
  std::optional<trouble> verdict_;
  trouble what_;
  std::optional<tls::identity> peer_;
  std::unique_ptr<SSL, freed_by<SSL_free>> session_;
};

} // namespace

result<std::shared_ptr<const credentials>> credentials::load(const tls::node_files& files) {
  if (auto good = tls::check_node_files(files); !good)
    return tl::unexpected(good.error());
  auto out = std::make_shared<credentials>();
  ERR_clear_error();
  out->context_.reset(SSL_CTX_new(TLS_method()));
  auto* to = out->context_.get();
  if (to == nullptr || SSL_CTX_set_min_proto_version(to, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(to, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
      SSL_CTX_use_certificate_chain_file(to, files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(to, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_file(to, files.ca.c_str()) != 1)
    return fail(errc::configuration, "TLS: cannot use " + files.certificate.string() + ", " +
                                         files.key.string() + " and " + files.ca.string() + ": " +
                                         tls::ssl::last_error());
  if (auto* known = SSL_load_client_CA_file(files.ca.c_str()))
    SSL_CTX_set_client_CA_list(to, known);
  ERR_clear_error();
  // Every connection shows its certificate anew: what expired or was replaced meanwhile gets in by no ticket.
  SSL_CTX_set_session_cache_mode(to, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(to, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(to, 0);
  SSL_CTX_set_mode(to, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                           SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(to, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &tls_stream::on_verify);
  out->own_ = tls::identity_of(SSL_CTX_get0_certificate(to));
  return std::shared_ptr<const credentials>(std::move(out));
}

std::unique_ptr<stream> credentials::accept(const std::shared_ptr<const credentials>& with, int fd,
                                            expected_peer who) {
  return std::make_unique<tls_stream>(with, fd, true, std::move(who));
}

std::unique_ptr<stream> credentials::connect(const std::shared_ptr<const credentials>& with, int fd,
                                             expected_peer who) {
  return std::make_unique<tls_stream>(with, fd, false, std::move(who));
}

} // namespace truckee::doors
