#include "truckee/http/listener.hpp"

#include "truckee/http/answers.hpp"
#include "truckee/http/bind_check.hpp"
#include "truckee/http/bounded_pool.hpp"
#include "truckee/tls/check.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace truckee::http {

namespace {

using namespace std::chrono_literals;

bool set_up_tls(SSL_CTX& context, const tls::server_files& files) {
  if (SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_chain_file(&context, files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(&context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return false;
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION);
  // A session that is resumed would have to remember whose certificate was seen; scrapes are rare enough.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
  if (files.client_ca.empty())
    return true;
  auto* names = SSL_load_client_CA_file(files.client_ca.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(&context, files.client_ca.c_str()) != 1)
    return false;
  SSL_CTX_set_client_CA_list(&context, names);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return true;
}

/// With files that were looked at before, what goes wrong here is OpenSSL's own affair.
result<std::unique_ptr<httplib::Server>> server_for(const std::optional<tls::server_files>& tls) {
  if (!tls)
    return std::make_unique<httplib::Server>();
  if (auto good = tls::check_server_files(*tls); !good)
    return tl::unexpected(good.error());
  ERR_clear_error();
  auto out =
      std::make_unique<httplib::SSLServer>([&tls](SSL_CTX& context) { return set_up_tls(context, *tls); });
  if (out->is_valid())
    return out;
  const char* why = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return fail(errc::configuration, "TLS: OpenSSL does not take " + tls->certificate.string() +
                                       " and its key: " + (why != nullptr ? why : "no reason given"));
}

} // namespace

struct listener::state {
  ~state() {
    if (!accepting.joinable())
      return;
    http->stop();
    accepting.join();
  }

  std::unique_ptr<httplib::Server> http;
  address listening;
  bool tls = false;
  std::unique_ptr<worker_pool> threads; ///< until httplib starts, and takes them
  std::thread accepting;
};

listener::listener(std::unique_ptr<state> s) : state_(std::move(s)) {}
listener::~listener() = default;

result<std::unique_ptr<listener>> listener::start(const listener_options& options,
                                                  const std::function<void(httplib::Server&)>& route) {
  const auto cannot = [&options](const std::string& why) {
    return fail(errc::configuration,
                options.what + ": cannot listen on " + to_string(options.listen) + ": " + why);
  };
  auto s = std::make_unique<state>();
  auto server = server_for(options.tls);
  if (!server)
    return fail(server.error().code, options.what + ": " + server.error().detail);
  s->http = std::move(*server);
  s->tls = options.tls.has_value();
  const auto at = listenable(options.listen);
  if (!at)
    return cannot(at.error().detail);

  auto& http = *s->http;
  // Made here, where somebody hears that the system has no more, and not in the thread that accepts.
  s->threads = std::make_unique<worker_pool>(options.threads);
  http.new_task_queue = [own = s.get(), waiting_max = options.waiting_max] {
    return new bounded_pool(std::move(own->threads), waiting_max);
  };
  // httplib would share the port with whoever else listens there (SO_REUSEPORT).
  http.set_socket_options([](socket_t socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  http.set_read_timeout(5s);
  http.set_write_timeout(5s); // a stream whose reader takes nothing is ended
  // Whoever goes must wait for connections that are open, so none stays open for a next request.
  http.set_keep_alive_max_count(1);
  http.set_keep_alive_timeout(2); // and for the first
  http.set_payload_max_length(4096);
  http.set_exception_handler([](const httplib::Request&, httplib::Response& out, const std::exception_ptr&) {
    give(out, 500, "a defect of this program\n", text_type);
  });
  route(http);

  s->listening = *at;
  if (at->port == 0)
    s->listening.port = static_cast<std::uint16_t>(std::max(0, http.bind_to_any_port(at->host)));
  else if (!http.bind_to_port(at->host, at->port))
    s->listening.port = 0;
  if (s->listening.port == 0)
    return cannot("somebody was faster");
  s->accepting = std::thread([server = &http] { server->listen_after_bind(); });
  while (!http.is_running())
    std::this_thread::sleep_for(1ms); // stop() before that would be lost
  return std::unique_ptr<listener>(new listener(std::move(s)));
}

const address& listener::listening() const {
  return state_->listening;
}

std::string listener::url() const {
  return (state_->tls ? "https://" : "http://") + to_string(state_->listening) + "/";
}

} // namespace truckee::http
