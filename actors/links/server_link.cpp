#include "truckee/actors/links/server_link.hpp"

#include "truckee/actors/shell/offload.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/metrics/metrics.hpp"

#include <deque>
#include <map>

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

class server_link_state {
public:
  using handle = extended<server_link, void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.server_link";
  static constexpr bool stays = true;

  server_link_state(shell<server_link_state>* self, services_ptr services, link_options options)
    : self_(self), services_(std::move(services)), options_(std::move(options)),
      events_(services_->metrics->server(options_.name)) {}
  ~server_link_state() { forget_in_flight(); }
  server_link_state(const server_link_state&) = delete;
  server_link_state& operator=(const server_link_state&) = delete;

  behavior<handle> make_behavior() {
    connect();
    return {
        [this](const write_slot& x) {
          std::uint64_t bytes = 0;
          for (const auto& change : x.request->changes)
            for (const auto& write : change.writes)
              bytes += write.data.size();
          return forward<write_answer, grid::read_test_write_answer>(*x.request, bytes, x.deadline);
        },
        [this](const read_slot& x) {
          return forward<read_answer, grid::slot_read_answer>(x.request, 0, x.deadline);
        },
        [this](const lease_slot& x) {
          return forward<lease_slot_answer, lease_answer>(x.request, 0, x.deadline);
        },
        [this](const read_leases_at& x) {
          return forward<read_leases_answer, stored_leases>(x.request, 0, x.deadline);
        },
        [this](const introduce&) { return introduction_later(); },
        [this](const link_status&) { return report(); },
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
    };
  }

  void on_down(const caf::actor_addr& who) {
    if (!server_ || !same_actor(who, server_.address()))
      return;
    server_ = storage_server{};
    fail_connection(link_state::unreachable, "the connection was lost");
  }

private:
  /// One request on its way: waiting for the connection or the window, or sent.
  struct call {
    std::uint64_t bytes = 0;
    std::function<void()> transmit;
    std::function<void(delivery, bool timed_out, const std::string&)> give_up;
  };

  // -- the connection
  // ----------------------------------------------------------------------------------------

  void enter(link_state state) {
    state_ = state;
    events_.link_is(state);
  }

  void connect() {
    enter(link_state::connecting);
    logs::say(services_->log, logs::events::link_connecting,
              {{"server", options_.name}, {"attempt", attempts_ + 1}});
    if (const auto* local = std::get_if<storage_server>(&options_.endpoint)) {
      meet(*local);
      return;
    }
    const auto& remote = std::get<remote_endpoint>(options_.endpoint);
    const auto deadline =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.limits.connect_timeout);
    offload(
        self_, *services_->blocking,
        [remote, deadline] { return control::probe(remote.host, remote.port, remote.tls, deadline); },
        [this](result<void> probed) {
          if (probed)
            dial();
          else
            fail_connection(link_state::unreachable, probed.error().detail);
        });
  }

  void dial() {
    const auto& remote = std::get<remote_endpoint>(options_.endpoint);
    messages::connect(
        self_, remote.tls.has_value(), remote.host, remote.port, options_.limits.connect_timeout,
        [this](const connected_peer& peer) {
          if (auto server = as_protocol<storage_server>(self_->system(), peer))
            meet(server);
          else
            fail_connection(link_state::refused, "what answers there is not a storage server of protocol " +
                                                     std::to_string(storage_protocol) + " (" +
                                                     software_name() + ")");
        },
        [this](const caf::error& e) {
          fail_connection(link_state::unreachable, "cannot connect: " + describe(e, self_->system()));
        });
  }

  void meet(const storage_server& server) {
    const auto start = services_->time->now();
    request(
        self_, server, options_.limits.connect_timeout, hello_to_store(),
        [this, server, start](const grid::store_info& info) {
          latency_ = services_->time->seconds_since(start);
          accept(server, info);
        },
        [this](const caf::error& e) {
          if (const auto refused = refusal_in(e))
            return fail_connection(link_state::refused, *refused);
          fail_connection(link_state::unreachable, is_timeout(e) ? "no answer to the introduction in time"
                                                                 : describe(e, self_->system()));
        });
  }

  void accept(const storage_server& server, const grid::store_info& info) {
    const auto expected =
        options_.pinned ? options_.pinned : (info_ ? std::optional(info_->id) : std::nullopt);
    if (expected && *expected != info.id) {
      fail_connection(link_state::refused,
                      "it says its id is " + crypto::to_base32(info.id.view()) + ", not " +
                          crypto::to_base32(expected->view()) +
                          "; fix the id in the grid file if the server was replaced on purpose");
      return;
    }
    info_ = info;
    if (!server_ || !same_actor(server_.address(), server.address())) {
      server_ = server;
      self_->watch(server_);
      if (connected_before_)
        events_.reconnected();
      connected_before_ = true;
    }
    attempts_ = 0;
    enter(link_state::ready);
    detail_.clear();
    tell_up();
    answer_introductions();
    flush();
  }

  /// Gives up on the connection for now; what was sent has an unknown fate.
  void fail_connection(link_state why, std::string detail) {
    enter(why);
    detail_ = std::move(detail);
    tell_down();
    auto sent = std::move(sent_);
    sent_.clear();
    forget_in_flight();
    for (auto& [id, c] : sent)
      c.give_up(delivery::unknown, false, detail_);
    reject_waiting();
    answer_introductions();
    send_later(self_, pause(), continuation{[this, round = ++round_] {
                 if (round == round_)
                   connect();
               }});
  }

  /// A request got no answer in time: the connection may stand, but nobody shall wait for this server again
  /// until it has shown itself.
  void fall_silent() {
    if (state_ != link_state::ready)
      return;
    enter(link_state::silent);
    detail_ = "it has not answered in time; asked again from time to time";
    tell_down();
    reject_waiting();
    ping();
  }

  void ping() {
    request(
        self_, server_, options_.limits.connect_timeout, hello_to_store(),
        [this, server = server_](const grid::store_info& info) {
          if (state_ == link_state::silent && server_ && same_actor(server.address(), server_.address()))
            accept(server, info);
        },
        [this](const caf::error&) {
          if (state_ == link_state::silent)
            send_later(self_, pause(), continuation{[this] {
                         if (state_ == link_state::silent && server_)
                           ping();
                       }});
        });
  }

  void tell_up() {
    if (told_ == link_state::ready)
      return;
    if (away_since_)
      logs::say(services_->log, logs::events::link_reconnected,
                {{"server", options_.name}, {"away_seconds", services_->time->seconds_since(*away_since_)}});
    logs::say(services_->log, logs::events::link_up,
              {{"server", options_.name},
               {"id", crypto::to_base32(info_->id.view())},
               {"latency_seconds", latency_}});
    told_ = link_state::ready;
    told_detail_.clear();
    away_since_.reset();
  }

  /// Once for each reason, however often it is tried.
  void tell_down() {
    if (told_ == state_ && told_detail_ == detail_)
      return;
    if (told_ == link_state::ready)
      away_since_ = services_->time->now();
    told_ = state_;
    told_detail_ = detail_;
    if (state_ == link_state::refused)
      logs::say(services_->log, logs::events::link_refused, {{"server", options_.name}, {"reason", detail_}});
    else
      logs::say(services_->log, logs::events::link_down,
                {{"server", options_.name}, {"state", to_word(state_)}, {"reason", detail_}});
  }

  duration pause() {
    auto base = options_.limits.reconnect_min;
    for (int i = 0; i < attempts_ && base < options_.limits.reconnect_max; ++i)
      base *= 2;
    base = std::min(base, options_.limits.reconnect_max);
    ++attempts_;
    const auto quarter = static_cast<std::uint64_t>(base.count()) / 4;
    return base - duration(quarter) +
           duration(static_cast<std::int64_t>(services_->random->below(2 * quarter + 1)));
  }

  // -- introductions
  // -----------------------------------------------------------------------------------------

  caf::result<introduction> introduction_later() {
    auto promise = self_->template make_response_promise<introduction>();
    introductions_.push_back(promise);
    if (state_ != link_state::connecting)
      answer_introductions();
    return promise;
  }

  void answer_introductions() {
    introduction answer;
    answer.known = info_.has_value();
    answer.reachable = state_ == link_state::ready;
    answer.detail = detail_;
    if (info_)
      answer.info = *info_;
    auto waiting = std::move(introductions_);
    introductions_.clear();
    for (auto& promise : waiting)
      promise.deliver(answer);
  }

  // -- requests
  // ----------------------------------------------------------------------------------------------

  template <class Answer, class Inner, class Message>
  caf::result<Answer> forward(const Message& message, std::uint64_t bytes, duration deadline) {
    auto promise = self_->template make_response_promise<Answer>();
    const auto id = ++last_id_;
    const auto start = services_->time->now();
    call c;
    c.bytes = bytes;
    c.give_up = [this, promise, start](delivery how, bool timed_out, const std::string& detail) mutable {
      Answer answer;
      answer.how = how;
      answer.detail = detail;
      if constexpr (requires { answer.seconds; }) {
        answer.timed_out = timed_out;
        answer.seconds = services_->time->seconds_since(start);
      }
      promise.deliver(std::move(answer));
    };
    c.transmit = [this, promise, id, start, message, deadline]() mutable {
      const auto left = deadline - std::chrono::duration_cast<duration>(services_->time->now() - start);
      request(
          self_, server_, std::max<duration>(left, std::chrono::milliseconds(1)), std::move(message),
          [this, promise, id, start](const Inner& inner) mutable {
            if (!take_sent(id))
              return; // the connection was given up meanwhile, and so was this
            Answer answer;
            answer.answer = inner;
            if constexpr (requires { answer.seconds; })
              answer.seconds = services_->time->seconds_since(start);
            promise.deliver(std::move(answer));
            flush();
          },
          [this, id](const caf::error& e) { on_request_error(id, e); });
    };
    admit(id, std::move(c), deadline);
    return promise;
  }

  void admit(std::uint64_t id, call c, duration deadline) {
    switch (state_) {
    case link_state::ready:
      if (has_room(c.bytes) && waiting_.empty())
        transmit(id, std::move(c));
      else
        wait(id, std::move(c), deadline);
      return;
    case link_state::connecting:
      wait(id, std::move(c), deadline);
      return;
    case link_state::unreachable:
    case link_state::silent:
    case link_state::refused:
    case link_state::unknown:
      c.give_up(delivery::unreachable, false, detail_);
      return;
    }
  }

  bool has_room(std::uint64_t bytes) const {
    return bytes_in_flight_ == 0 || bytes_in_flight_ + bytes <= options_.limits.bytes_in_flight_max;
  }

  void transmit(std::uint64_t id, call c) {
    bytes_in_flight_ += c.bytes;
    services_->metrics->in_flight(static_cast<std::int64_t>(c.bytes));
    auto go = std::move(c.transmit);
    sent_.emplace(id, std::move(c));
    go();
  }

  void wait(std::uint64_t id, call c, duration deadline) {
    waiting_.emplace_back(id, std::move(c));
    send_later(self_, deadline, continuation{[this, id] {
                 const auto at =
                     std::find_if(waiting_.begin(), waiting_.end(), [&](auto& w) { return w.first == id; });
                 if (at == waiting_.end())
                   return;
                 auto late = std::move(at->second);
                 waiting_.erase(at);
                 late.give_up(delivery::unreachable, true, "it could not be sent in time");
               }});
  }

  void flush() {
    while (state_ == link_state::ready && !waiting_.empty() && has_room(waiting_.front().second.bytes)) {
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      transmit(next.first, std::move(next.second));
    }
  }

  void reject_waiting() {
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (auto& [id, c] : waiting)
      c.give_up(delivery::unreachable, false, detail_);
  }

  std::optional<call> take_sent(std::uint64_t id) {
    const auto at = sent_.find(id);
    if (at == sent_.end())
      return std::nullopt;
    auto c = std::move(at->second);
    sent_.erase(at);
    bytes_in_flight_ -= c.bytes;
    services_->metrics->in_flight(-static_cast<std::int64_t>(c.bytes));
    return c;
  }

  void forget_in_flight() {
    services_->metrics->in_flight(-static_cast<std::int64_t>(bytes_in_flight_));
    bytes_in_flight_ = 0;
  }

  void on_request_error(std::uint64_t id, const caf::error& e) {
    auto c = take_sent(id);
    if (!c)
      return;
    const bool late = is_timeout(e);
    c->give_up(delivery::unknown, late, late ? "no answer in time" : describe(e, self_->system()));
    if (late) {
      fall_silent();
    } else {
      logs::say(services_->log, logs::events::request_broke,
                {{"server", options_.name}, {"reason", describe(e, self_->system())}});
      flush();
    }
  }

  link_report report() const {
    link_report out;
    out.server = options_.name;
    if (info_)
      out.id = crypto::to_base32(info_->id.view());
    if (const auto* remote = std::get_if<remote_endpoint>(&options_.endpoint))
      out.endpoint = (remote->tls ? "caf+tls " : "caf ") + remote->host + ":" + std::to_string(remote->port);
    else
      out.endpoint = "embedded";
    out.state = state_;
    out.detail = detail_;
    out.latency_seconds = latency_;
    out.bytes_in_flight = bytes_in_flight_;
    return out;
  }

  shell<server_link_state>* self_;
  services_ptr services_;
  link_options options_;
  metrics::server_events& events_;

  link_state state_ = link_state::connecting;
  std::string detail_;
  link_state told_ = link_state::connecting; ///< what the log was told last
  std::string told_detail_;
  std::optional<clock::time_point> away_since_;
  storage_server server_;
  std::optional<grid::store_info> info_; ///< of the last good introduction; the id never changes after it
  double latency_ = 0;
  int attempts_ = 0;
  bool connected_before_ = false;
  std::uint64_t round_ = 0;
  std::vector<caf::typed_response_promise<introduction>> introductions_;

  std::uint64_t last_id_ = 0;
  std::uint64_t bytes_in_flight_ = 0;
  std::deque<std::pair<std::uint64_t, call>> waiting_;
  std::map<std::uint64_t, call> sent_;
};

} // namespace

messages::server_link spawn_server_link(caf::actor_system& system, services_ptr services,
                                        link_options options) {
  return messages::spawn<server_link_state>(system, std::move(services), std::move(options));
}

} // namespace truckee::actors
