#include "truckee/http/listener.hpp"

#include "truckee/base/worker_pool.hpp"
#include "truckee/http/answers.hpp"
#include "truckee/http/front.hpp"

#include <csignal>
#include <cstring>
#include <httplib.h>

namespace truckee::http {

namespace {

/// A head that is there, and an answer on its way.
class request_stream final : public httplib::Stream {
public:
  request_stream(std::string_view head, std::string_view source, outgoing& answer)
    : head_(head), source_(source), answer_(answer) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return answer_.open(); }
  ssize_t read(char* into, std::size_t size) override {
    const auto part = head_.substr(0, size);
    std::memcpy(into, part.data(), part.size());
    head_.remove_prefix(part.size());
    return static_cast<ssize_t>(part.size());
  }
  ssize_t write(const char* from, std::size_t size) override {
    return answer_.write({from, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = source_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  std::string_view head_;
  std::string_view source_;
  outgoing& answer_;
};

/// httplib's routes and answers without its sockets and threads.
class request_server final : public httplib::Server {
public:
  /// Streams go on as long as httplib takes itself for listening.
  void open(int socket) { svr_sock_ = socket; }
  void close() { svr_sock_ = INVALID_SOCKET; }

  void answer(const whole_request& request) {
    if (!request.answer->open())
      return;
    request_stream stream(request.head, request.source, *request.answer);
    bool closed = false;
    try {
      process_request(stream, true, closed, nullptr);
    } catch (const std::exception&) { // no memory for an answer: then there is none
    }
    request.answer->end();
  }
};

/// Its constructor has the whole process ignore SIGPIPE, which is the host's affair.
std::unique_ptr<request_server> make_request_server() {
  struct sigaction before {};
  ::sigaction(SIGPIPE, nullptr, &before);
  auto out = std::make_unique<request_server>();
  ::sigaction(SIGPIPE, &before, nullptr);
  return out;
}

} // namespace

struct listener::state {
  ~state() {
    if (http)
      http->close();
    callers.reset();
  }

  std::unique_ptr<request_server> http;
  address listening;
  bool tls = false;
  std::unique_ptr<worker_pool> threads;
  std::unique_ptr<front> callers; ///< goes first: handlers then write to nobody, and end
};

listener::listener(std::unique_ptr<state> s) : state_(std::move(s)) {}
listener::~listener() = default;

result<std::unique_ptr<listener>> listener::start(const listener_options& options,
                                                  const std::function<void(httplib::Server&)>& route) {
  const auto cannot = [&options](const std::string& why) {
    return fail(errc::configuration,
                options.what + ": cannot listen on " + to_string(options.listen) + ": " + why);
  };
  auto channels =
      options.tls ? tls_channels(*options.tls) : result<std::unique_ptr<channel_maker>>(plain_channels());
  if (!channels)
    return fail(channels.error().code, options.what + ": " + channels.error().detail);
  auto socket = listen_on(options.listen);
  if (!socket)
    return cannot(socket.error().detail);

  auto s = std::make_unique<state>();
  s->listening = socket->at;
  s->tls = options.tls.has_value();
  s->http = make_request_server();
  httplib::Headers safe;
  for (const auto& [name, value] : safe_fields)
    safe.emplace(name, value);
  s->http->set_default_headers(std::move(safe));
  s->http->set_exception_handler(
      [](const httplib::Request&, httplib::Response& out, const std::exception_ptr&) {
        give(out, 500, "a defect of this program\n", text_type);
      });
  route(*s->http);
  s->http->open(socket->socket.get());

  s->threads = std::make_unique<worker_pool>(options.threads);
  front::options how;
  how.limits = options.limits;
  // Over TLS a browser has asked the certificate whether it is who the page's name says.
  how.own_hosts_only = s->listening.is_loopback() && !options.tls;
  if (s->listening.is_loopback()) // all callers are one source there
    how.limits.of_one_source_max = how.limits.connections_max;
  how.serve = [own = s.get()](whole_request request) {
    own->threads->submit([own, request = std::move(request)] { own->http->answer(request); });
  };
  how.rejected = [tell = options.rejected](rejection why) {
    if (tell)
      tell(why);
  };
  s->callers = std::make_unique<front>(std::move(*socket), std::move(*channels), std::move(how));
  return std::unique_ptr<listener>(new listener(std::move(s)));
}

const address& listener::listening() const {
  return state_->listening;
}

std::string listener::url() const {
  return (state_->tls ? "https://" : "http://") + to_string(state_->listening) + "/";
}

} // namespace truckee::http
