#include "truckee/api/server.hpp"

#include "truckee/api/desk.hpp"
#include "truckee/api/reply.hpp"
#include "truckee/base/overloaded.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/control/windowed_read.hpp"
#include "truckee/crypto/capability.hpp"
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
  return x.without_body ? 0 : x.length;
}

/// Where threads that are nobody's hand in what an actor is to do, until the server ends. Shared by whatever waits for a gateway.
class entrance {
public:
  explicit entrance(caf::actor_system& system) : counter_(spawn_desk(system)) {}

  /// False: nothing is taken any more.
  bool hand_in(std::function<void()> what) {
    const std::lock_guard lock(mutex_);
    if (!closed_)
      counter_.hand_in(std::move(what));
    return !closed_;
  }
  bool is_closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  /// False: it was.
  bool close() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true))
      return false;
    messages::send_anonymously(counter_.who, messages::stop{});
    counter_ = {};
    return true;
  }

private:
  mutable std::mutex mutex_;
  bool closed_ = false;
  desk counter_;
};

/// What is needed to ask a gateway from any thread.
struct way_in {
  caf::actor_system& system;
  std::shared_ptr<entrance> door;
  std::weak_ptr<worker_pool> writers; ///< where long contents are copied
};

/// The rest of a file on its way to a caller, part by part: the next one is asked for when the last was taken.
class rest_of_body : public std::enable_shared_from_this<rest_of_body> {
public:
  rest_of_body(way_in by, messages::file_gateway gateway, messages::retrieve_request what,
               std::shared_ptr<http::outgoing> to)
    : by_(std::move(by)), gateway_(std::move(gateway)), parts_(std::move(what)), to_(std::move(to)) {}
  ~rest_of_body() { to_->break_off(); }
  rest_of_body(const rest_of_body&) = delete;
  rest_of_body& operator=(const rest_of_body&) = delete;

  void go_on() {
    to_->when_taken([self = shared_from_this()] { self->ask(); });
  }

private:
  void ask() {
    if (!to_->open())
      return;
    by_.door->hand_in([self = shared_from_this()] {
      control::ask_then<messages::retrieve_request, messages::retrieve_reply>(
          self->by_.system, self->gateway_, self->parts_.next(), [self](messages::retrieve_reply x) {
            if (const auto pool = self->by_.writers.lock())
              pool->submit(
                  [self, x = std::make_shared<messages::retrieve_reply>(std::move(x))] { self->took(*x); });
          });
    });
  }

  void took(const messages::retrieve_reply& x) {
    if (!x.ok || x.content.empty())
      return; // it is broken off: the status was said long ago
    parts_.took(x);
    to_->write(as_text(x.content.view()));
    if (parts_.done())
      to_->end();
    else
      go_on();
  }

  way_in by_;
  messages::file_gateway gateway_;
  control::windowed_read parts_;
  std::shared_ptr<http::outgoing> to_;
};

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

  /// Once. `more` sends what of it is still to be read.
  void send(const answer& x, const std::function<void(std::shared_ptr<http::outgoing>)>& more = {}) {
    const auto to = std::exchange(to_, nullptr);
    answered_(x);
    to->write(head_of(x, last_));
    if (!x.without_body && !x.words.empty())
      to->write(x.words);
    else if (!x.without_body && !x.content.empty())
      to->write(as_text(x.content.view()));
    if (x.rest && !x.without_body && more)
      more(to);
    else
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
      how(std::move(o)), door(std::make_shared<entrance>(s)) {}

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
    const auto gateway = door->is_closed() ? messages::file_gateway{} : how.gateway();
    if (!gateway)
      return back->send(stopping(of_write));
    std::visit(overloaded{
                   [&](read_call& x) {
                     auto what = std::exchange(x.what, only_part(x.what));
                     if (is_read_in_parts(what))
                       what.length = std::min(what.length, control::read_window_bytes);
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

  static bool is_read_in_parts(const messages::retrieve_request& x) {
    const auto cap = crypto::parse_capability(x.cap);
    return cap && crypto::format_of(cap->file) == file_format::mdmf;
  }

  /// What sends the rest of an answer that was begun with the reply to `asked`.
  template <class Request>
  static std::function<void(std::shared_ptr<http::outgoing>)>
  more_of([[maybe_unused]] const way_in& by, [[maybe_unused]] const messages::file_gateway& gateway,
          [[maybe_unused]] const Request& asked, [[maybe_unused]] const answer& x) {
    if constexpr (std::is_same_v<Request, messages::retrieve_request>)
      if (x.rest) {
        auto what = asked;
        what.offset = x.rest->first;
        what.length = x.rest->size;
        what.only_if = x.rest->version;
        return [by, gateway, what = std::move(what)](std::shared_ptr<http::outgoing> to) {
          std::make_shared<rest_of_body>(by, gateway, what, std::move(to))->go_on();
        };
      }
    return {};
  }

  template <class Request, class Call>
  void ask(const messages::file_gateway& gateway, Request what, Call asked, way_back_ptr back) {
    using reply = decltype(control::reply_to(what));
    // A thread of CAF's; long contents are copied in one of ours.
    const auto request = std::make_shared<Request>(std::move(what));
    const way_in by{system, door, writers};
    auto then = [by, gateway, request, asked = std::move(asked), back = std::move(back)](reply x) {
      if (const auto there = by.writers.lock())
        there->submit([by, gateway, request, asked, back, x = std::make_shared<reply>(std::move(x))] {
          const auto out = answer_of(asked, *x);
          back->send(out, more_of(by, gateway, *request, out));
        });
    };
    door->hand_in([&home = system, gateway, request, then = std::move(then)] {
      // Of a read the rest may have to be asked for; what is written is nobody's any more.
      if constexpr (std::is_same_v<Request, messages::retrieve_request>)
        control::ask_then<Request, reply>(home, gateway, *request, then);
      else
        control::ask_then<Request, reply>(home, gateway, std::move(*request), then);
    });
  }

  // -- its end

  void shut() { door->close(); }

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
  std::shared_ptr<entrance> door;
  place listening;
  std::mutex mutex;
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
