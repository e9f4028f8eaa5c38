#include "truckee/http/channel.hpp"

#include "truckee/base/freed_by.hpp"
#include "truckee/tls/check.hpp"

#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace truckee::http {

namespace {

bool only_for_now(int problem) {
  return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR;
}

class plain_channel final : public channel {
public:
  explicit plain_channel(descriptor socket) : channel(std::move(socket)) {}

  channel_step read(std::span<char> into) override {
    const auto got = ::recv(socket(), into.data(), into.size(), 0);
    if (got > 0)
      return {channel_state::ready, static_cast<std::size_t>(got)};
    return {got < 0 && only_for_now(errno) ? channel_state::wants_read : channel_state::closed};
  }

  channel_step write(std::string_view from) override {
    const auto put = ::send(socket(), from.data(), from.size(), MSG_NOSIGNAL);
    if (put >= 0)
      return {channel_state::ready, static_cast<std::size_t>(put)};
    return {only_for_now(errno) ? channel_state::wants_write : channel_state::closed};
  }
};

class plain_maker final : public channel_maker {
public:
  std::unique_ptr<channel> over(descriptor socket) override {
    return std::make_unique<plain_channel>(std::move(socket));
  }
};

using ssl_session = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

/// The handshake is made by the first read.
class tls_channel final : public channel {
public:
  tls_channel(descriptor socket, ssl_session session)
    : channel(std::move(socket)), session_(std::move(session)) {}

  channel_step read(std::span<char> into) override {
    std::size_t got = 0;
    ERR_clear_error();
    const int well = SSL_read_ex(session_.get(), into.data(), into.size(), &got);
    return step(well, got);
  }

  channel_step write(std::string_view from) override {
    std::size_t put = 0;
    ERR_clear_error();
    const int well = SSL_write_ex(session_.get(), from.data(), from.size(), &put);
    return step(well, put);
  }

  bool broke() const override { return broken_; }

  void say_goodbye() override {
    if (!closed_) {
      ERR_clear_error();
      SSL_shutdown(session_.get());
      ERR_clear_error();
    }
    channel::say_goodbye();
  }

private:
  channel_step step(int well, std::size_t bytes) {
    if (well == 1)
      return {channel_state::ready, bytes};
    switch (SSL_get_error(session_.get(), well)) {
    case SSL_ERROR_WANT_READ:
      return {channel_state::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {channel_state::wants_write};
    case SSL_ERROR_SSL:
      broken_ = true;
      [[fallthrough]];
    default:
      closed_ = true; // OpenSSL forbids a shutdown then
      ERR_clear_error();
      return {channel_state::closed};
    }
  }

  ssl_session session_;
  bool broken_ = false;
  bool closed_ = false;
};

class tls_maker final : public channel_maker {
public:
  explicit tls_maker(ssl_context context) : context_(std::move(context)) {}

  std::unique_ptr<channel> over(descriptor socket) override {
    ssl_session session(SSL_new(context_.get()));
    if (!session || SSL_set_fd(session.get(), socket.get()) != 1)
      return nullptr;
    SSL_set_accept_state(session.get());
    return std::make_unique<tls_channel>(std::move(socket), std::move(session));
  }

private:
  ssl_context context_;
};

/// What every port has in common.
bool set_up(SSL_CTX& context) {
  if (SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) != 1)
    return false;
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  // A session that is resumed would have to remember whose certificate was seen; scrapes are rare enough.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
  return true;
}

bool set_up(SSL_CTX& context, byte_view pem) {
  const std::unique_ptr<BIO, freed_by<BIO_free>> from(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<BIO, freed_by<BIO_free>> again(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!from || !again)
    return false;
  // Without a terminal to ask for a passphrase.
  const auto none = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>> key(
      PEM_read_bio_PrivateKey(from.get(), nullptr, none, nullptr));
  const std::unique_ptr<X509, freed_by<X509_free>> certificate(
      PEM_read_bio_X509(again.get(), nullptr, none, nullptr));
  return key && certificate && SSL_CTX_use_certificate(&context, certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(&context, key.get()) == 1;
}

bool set_up(SSL_CTX& context, const tls::server_files& files) {
  if (SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return false;
  if (files.client_ca.empty())
    return true;
  auto* names = SSL_load_client_CA_file(files.client_ca.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(&context, files.client_ca.c_str()) != 1)
    return false;
  SSL_CTX_set_client_CA_list(&context, names);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return true;
}

/// `what` is where key and certificate come from.
template <class From>
result<std::unique_ptr<channel_maker>> channels_of(const From& from, const std::string& what) {
  ERR_clear_error();
  ssl_context context(SSL_CTX_new(TLS_server_method()));
  if (context && set_up(*context) && set_up(*context, from))
    return std::make_unique<tls_maker>(std::move(context));
  const char* why = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return fail(errc::configuration,
              "TLS: OpenSSL does not take " + what + ": " + (why != nullptr ? why : "no reason given"));
}

} // namespace

void channel::say_goodbye() {
  ::shutdown(socket_.get(), SHUT_WR);
}

channel_step channel::drain() {
  std::array<char, 16 * 1024> nowhere;
  const auto got = ::recv(socket_.get(), nowhere.data(), nowhere.size(), 0);
  if (got > 0)
    return {channel_state::ready, static_cast<std::size_t>(got)};
  return {got < 0 && only_for_now(errno) ? channel_state::wants_read : channel_state::closed};
}

std::unique_ptr<channel_maker> plain_channels() {
  return std::make_unique<plain_maker>();
}

result<std::unique_ptr<channel_maker>> tls_channels(const tls::server_files& files) {
  if (auto good = tls::check_server_files(files); !good)
    return tl::unexpected(good.error());
  // With files that were looked at, what goes wrong here is OpenSSL's own affair.
  return channels_of(files, files.certificate.string() + " and its key");
}

result<std::unique_ptr<channel_maker>> tls_channels(byte_view pem) {
  return channels_of(pem, "the key and the certificate");
}

} // namespace truckee::http
