#include "truckee/gbs/server/server.hpp"

#include "truckee/gbs/limits.hpp"
#include "truckee/gbs/server/wire.hpp"
#include "truckee/http/front.hpp"

#include <atomic>

namespace truckee::gbs {

struct replier::owed {
  explicit owed(std::function<void(response)> to) : to_(std::move(to)) {}
  ~owed() { pay(told(500, "nobody answered")); }
  owed(const owed&) = delete;
  owed& operator=(const owed&) = delete;

  void pay(response x) {
    if (!paid_.exchange(true))
      to_(std::move(x));
  }

private:
  std::function<void(response)> to_;
  std::atomic<bool> paid_ = false;
};

replier::replier(std::function<void(response)> to) : owed_(std::make_shared<owed>(std::move(to))) {}

void replier::operator()(response x) const {
  owed_->pay(std::move(x));
}

http::front_limits default_server_limits() {
  http::front_limits out;
  out.connections_max = 512;
  out.of_one_source_max = 128; // a client's pool has 20 at most; several may come through one router
  out.head = std::chrono::seconds(10);
  out.stall = std::chrono::seconds(30);
  out.tail = std::chrono::seconds(60);
  out.slowest = 16 * 1024;
  out.held_bytes_max = std::uint64_t{512} << 20;
  return out;
}

struct server::state {
  explicit state(server_options o) : how(std::move(o)) {}

  http::admission admit(const http::request_head& head) const {
    const auto known = parse_head(as_received(head), how.swissnum);
    if (known) {
      const auto bytes = expected_of(*known);
      return {{}, bytes.body_max, bytes.answer};
    }
    if (known.error().status == 401)
      how.rejected(http::rejection::bad_login);
    return {text_of(known.error(), true), 0, 0};
  }

  void serve(const http::whole_request& request) const {
    const auto reply = [to = request.answer, last = !request.keeps_alive](const response& x) {
      to->write(head_of(x, last));
      if (!x.body.empty())
        to->write(as_text(x.body.view()));
      to->end();
    };
    const auto head = http::parse_head(request.head);
    auto came = head ? as_received(*head) : received{};
    came.body = request.body;
    auto known = parse_request(came, how.swissnum);
    if (!known)
      return reply(known.error());
    if (const auto* change = std::get_if<grid::read_test_write>(&*known);
        change != nullptr && asks_for_too_much(*change))
      return reply(told(413, "the reads ask for more than 30 MiB"));
    how.serve(std::move(*known), replier(reply));
  }

  static std::string text_of(const response& x, bool last) {
    return head_of(x, last).append(as_text(x.body.view()));
  }

  const server_options how;
  address listening;
  std::unique_ptr<http::front> callers;
};

server::server(std::unique_ptr<state> s) : state_(std::move(s)) {}
server::~server() = default;

result<std::unique_ptr<server>> server::start(server_options options) {
  auto channels = http::tls_channels(as_bytes(std::string_view(options.pem)));
  if (!channels)
    return tl::unexpected(channels.error());
  auto socket = http::listen_on(options.listen);
  if (!socket)
    return fail(errc::configuration,
                "cannot listen on " + to_string(options.listen) + ": " + socket.error().detail);
  options.pem.forget();
  auto s = std::make_unique<state>(std::move(options));
  s->listening = socket->at;
  http::front::options how;
  how.limits = s->how.limits;
  if (s->listening.is_loopback()) // all callers are one source there
    how.limits.of_one_source_max = how.limits.connections_max;
  how.admit = [own = s.get()](const http::request_head& head) { return own->admit(head); };
  how.serve = [own = s.get()](const http::whole_request& request) { own->serve(request); };
  how.rejected = [own = s.get()](http::rejection why) { own->how.rejected(why); };
  s->callers = std::make_unique<http::front>(std::move(*socket), std::move(*channels), std::move(how));
  return std::unique_ptr<server>(new server(std::move(s)));
}

const address& server::listening() const {
  return state_->listening;
}

} // namespace truckee::gbs
