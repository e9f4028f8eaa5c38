#include "truckee/api/server.hpp"

#include "truckee/api/desk.hpp"
#include "truckee/api/reply.hpp"
#include "truckee/base/overloaded.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/http/front.hpp"
#include "truckee/messages/types.hpp"

#include <list>
#include <mutex>
#include <thread>

namespace truckee::api {

namespace {

/// How long answers that are there may take to go out when the server ends.
constexpr auto last_words = std::chrono::seconds(2);

/// A refusal in words; to who asked for a write, with what became of that.
answer refusal(unsigned status, error why, bool of_write, effect became) {
  auto out = refused(status, why);
  return of_write ? refused_write(std::move(out), became) : out;
}

answer stopping(bool of_write) {
  auto out =
      refusal(503, {errc::refused, "the gateway is stopping, or being started again; nothing was done"},
              of_write, effect::not_applied);
  out.fields.emplace_back("Retry-After", "1");
  return out;
}

/// Bytes of an answer's body.
std::uint64_t body_bytes_of(const answer& x) {
  return x.without_body ? 0 : x.words.empty() ? x.content.size() : x.words.size();
}

/// The way back to one caller; shared by whatever waits for the gateway. Nobody is left without an answer.
class way_back {
public:
  way_back(std::shared_ptr<http::outgoing> to, bool last, bool of_write,
           std::function<void(const answer&)> answered)
    : to_(std::move(to)), last_(last), of_write_(of_write), answered_(std::move(answered)) {}
  ~way_back() {
    if (to_)
      send(refusal(504, {errc::internal, "nobody answered: what was asked for may have been done or not"},
                   of_write_, effect::may_be_applied));
  }
  way_back(const way_back&) = delete;
  way_back& operator=(const way_back&) = delete;

  /// Once.
  void send(const answer& x) {
    const auto to = std::exchange(to_, nullptr);
    answered_(x);
    to->write(head_of(x, last_));
    if (!x.without_body && !x.words.empty())
      to->write(x.words);
    else if (!x.without_body && !x.content.empty())
      to->write(as_text(x.content.view()));
    to->end();
  }

private:
  std::shared_ptr<http::outgoing> to_;
  bool last_;     ///< the connection ends with it
  bool of_write_; ///< what was asked for
  std::function<void(const answer&)> answered_;
};
using way_back_ptr = std::shared_ptr<way_back>;

} // namespace

http::front_limits default_limits() {
  http::front_limits out;
  out.connections_max = 128;
  out.of_one_source_max = out.connections_max; // all callers are of this machine
  out.head = std::chrono::seconds(10);
  out.stall = std::chrono::seconds(30);
  out.tail = std::chrono::seconds(60);
  out.idle = std::chrono::seconds(60);
  out.slowest = 16 * 1024;
  out.held_bytes_max = std::uint64_t{1} << 30;
  return out;
}

struct server::state {
  state(caf::actor_system& s, server_options o)
    : system(s), rules{.token = std::move(o.token), .content_bytes_max = o.content_bytes_max},
      how(std::move(o)), counter(spawn_desk(s)) {}

  // -- in the front's thread

  http::admission admit(const http::request_head& head) const {
    const auto asked = parse_call(head, rules);
    if (asked) {
      const auto bytes = bytes_of(*asked, rules);
      return {{}, bytes.body_max, bytes.answer};
    }
    if (asked.error().status == 401)
      how.rejected(http::rejection::bad_login);
    if (asked.error().status == 403)
      how.rejected(http::rejection::foreign_host);
    how.answered({head.method, asked.error().status, 0, body_bytes_of(asked.error())});
    return {text_of(asked.error()), 0, 0};
  }

  void serve(const http::whole_request& request) {
    const auto head = http::parse_head(request.head);
    const bool of_write = head && asks_for_write(head->method);
    const auto back =
        std::make_shared<way_back>(request.answer, !request.keeps_alive, of_write,
                                   [tell = how.answered, method = std::string(head ? head->method : ""),
                                    received = request.body.size()](const answer& x) {
                                     tell({method, x.status, received, body_bytes_of(x)});
                                   });
    auto asked =
        head ? parse_call(*head, rules) : tl::expected<call, answer>(tl::unexpected(refused(400, {})));
    if (!asked)
      return back->send(asked.error()); // admit() let it in: this is never so
    const std::lock_guard lock(mutex);
    owed.remove_if([](const auto& x) { return x.expired(); });
    owed.push_back(request.answer);
    const auto gateway = closed ? messages::file_gateway{} : how.gateway();
    if (!gateway)
      return back->send(stopping(of_write));
    std::visit(overloaded{
                   [&](read_call& x) {
                     auto what = std::exchange(x.what, only_part(x.what));
                     ask(gateway, std::move(what), std::move(x), back);
                   },
                   [&](write_call& x) {
                     auto what = std::exchange(x.what, only_condition(x.what));
                     what.content = request.body;
                     ask(gateway, std::move(what), std::move(x), back);
                   },
                   [&](append_call& x) {
                     auto what = std::exchange(x.what, {});
                     what.data = request.body;
                     ask(gateway, std::move(what), std::move(x), back);
                   },
               },
               *asked);
  }

  /// What the answer looks at; the rest goes to the gateway, and secrets need not lie here as well.
  static messages::publish_request only_condition(const messages::publish_request& x) {
    messages::publish_request out;
    out.only_if = x.only_if;
    return out;
  }
  static messages::retrieve_request only_part(const messages::retrieve_request& x) {
    messages::retrieve_request out;
    out.offset = x.offset;
    out.length = x.length;
    return out;
  }

  template <class Request, class Call>
  void ask(const messages::file_gateway& gateway, Request what, Call asked, way_back_ptr back) {
    using reply = decltype(control::reply_to(what));
    // A thread of CAF's; long contents are copied in one of ours.
    auto then = [pool = std::weak_ptr(writers), asked = std::move(asked), back = std::move(back)](reply x) {
      if (const auto there = pool.lock())
        there->submit(
            [asked, back, x = std::make_shared<reply>(std::move(x))] { back->send(answer_of(asked, *x)); });
    };
    counter.hand_in(
        [&home = system, gateway, what = std::make_shared<Request>(std::move(what)), then = std::move(then)] {
          control::ask_then<Request, reply>(home, gateway, std::move(*what), then);
        });
  }

  // -- its end

  void shut() {
    const std::lock_guard lock(mutex);
    if (std::exchange(closed, true))
      return;
    messages::send_anonymously(counter.who, messages::stop{});
    counter = {};
  }

  void wait_for_last_words() {
    const auto end = std::chrono::steady_clock::now() + last_words;
    const auto some_left = [this] {
      const std::lock_guard lock(mutex);
      owed.remove_if([](const auto& x) { return x.expired(); });
      return !owed.empty();
    };
    while (some_left() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  caf::actor_system& system;
  house_rules rules;
  const server_options how;
  desk counter; ///< guarded by `mutex`
  place listening;
  std::mutex mutex;
  bool closed = false;                                ///< guarded by `mutex`
  std::list<std::weak_ptr<http::outgoing>> owed = {}; ///< answers; guarded by `mutex`
  std::shared_ptr<worker_pool> writers = std::make_shared<worker_pool>(2);
  std::unique_ptr<http::front> callers = {}; ///< last: its thread uses the rest
};

server::server(std::unique_ptr<state> s) : state_(std::move(s)) {}

server::~server() {
  state_->shut();
  state_->wait_for_last_words();
  if (const auto* path = std::get_if<std::filesystem::path>(&state_->listening)) {
    std::error_code ignored;
    std::filesystem::remove(*path, ignored);
  }
}

result<std::unique_ptr<server>> server::start(caf::actor_system& system, server_options options) {
  const auto* at = std::get_if<address>(&options.listen);
  if (at != nullptr && (options.token.empty() || !at->is_loopback()))
    return fail(errc::refused,
                "a port needs a loopback address and a token: whoever reaches it could ask for all");
  auto socket =
      at != nullptr ? http::listen_on(*at) : http::listen_at(std::get<std::filesystem::path>(options.listen));
  if (!socket)
    return fail(errc::configuration, "http: cannot listen on " + settings::to_string(options.listen) + ": " +
                                         socket.error().detail);
  auto s = std::make_unique<state>(system, std::move(options));
  s->listening = s->how.listen;
  if (std::holds_alternative<address>(s->listening)) {
    s->listening = socket->at;
    s->rules.own_hosts_only = true;
  }
  http::front::options how;
  how.limits = s->how.limits;
  how.admit = [own = s.get()](const http::request_head& head) { return own->admit(head); };
  how.serve = [own = s.get()](const http::whole_request& request) { own->serve(request); };
  how.rejected = [own = s.get()](http::rejection why) { own->how.rejected(why); };
  how.connections = [own = s.get()](std::size_t open) { own->how.connections(open); };
  s->callers = std::make_unique<http::front>(std::move(*socket), http::plain_channels(), std::move(how));
  return std::unique_ptr<server>(new server(std::move(s)));
}

void server::close() {
  state_->shut();
}

const place& server::listening() const {
  return state_->listening;
}

} // namespace truckee::api
