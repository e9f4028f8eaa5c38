#include "truckee/actors/links/server_link.hpp"

#include "truckee/actors/links/absent_transport.hpp"
#include "truckee/actors/links/caf_transport.hpp"
#include "truckee/actors/links/gbs_transport.hpp"
#include "truckee/actors/links/link_standing.hpp"
#include "truckee/actors/links/send_window.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/metrics/metrics.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// The link's actor: takes what link_standing decides to the transport, the log and the metrics, and what send_window
/// lets go to the transport. It holds the promises of everyone who asked and was not answered.
class server_link_state {
public:
  using handle = extended<server_link, void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.server_link";
  static constexpr bool stays = true;

  server_link_state(shell<server_link_state>* self, services_ptr services, link_options options)
    : self_(self), services_(std::move(services)), name_(options.name),
      events_(services_->metrics->server(name_)),
      standing_(options.pinned, {options.limits.reconnect_min, options.limits.reconnect_max}),
      window_(options.limits.bytes_in_flight_max),
      transport_(std::visit(
          [&](const auto& where) {
            return make_transport(self_, where, *services_, options.limits.connect_timeout);
          },
          options.endpoint)) {
    events_.link_begins();
  }
  ~server_link_state() {
    count_in_flight(-static_cast<std::int64_t>(window_.bytes_in_flight()));
    events_.link_ends();
  }
  server_link_state(const server_link_state&) = delete;
  server_link_state& operator=(const server_link_state&) = delete;

  behavior<handle> make_behavior() {
    connect();
    return {
        [this](const write_slot& x) { return forward<write_answer>(x.request, x.deadline); },
        [this](const read_slot& x) { return forward<read_answer>(x.request, x.deadline); },
        [this](const lease_slot& x) { return forward<lease_slot_answer>(x.request, x.deadline); },
        [this](const introduce&) { return introduction_later(); },
        [this](const link_status&) { return report(); },
        [this](const read_leases_at& x) { return forward<read_leases_answer>(x.request, x.deadline); },
        [this](const advise_share& x) {
          return forward<advise_share_answer>(x.request, x.deadline, x.on_its_way);
        },
        [this](const stage_at& x) { return forward<stage_at_answer>(x.request, x.deadline); },
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  /// One request: until it is sent, and then (without its content) until it is answered.
  struct pending {
    storage_request request;
    time_source::time_point asked;
    duration deadline;
    std::function<void(delivered)> done;
  };

  time_source::time_point now() const { return services_->time->now(); }

  // -- the connection

  void connect() {
    const auto attempt = standing_.attempt();
    if (standing_.state() != link_state::silent)
      logs::say(services_->log, logs::events::link_connecting, {{"server", name_}, {"attempt", attempt}});
    events_.link_is(standing_.state());
    transport_->connect(
        [this](const grid::store_info& info, double seconds) {
          latency_ = seconds;
          on_introduced(info);
        },
        [this](link_failure why, std::string text) { on_failed(why, std::move(text)); });
  }

  void on_introduced(const grid::store_info& info) {
    tell(standing_.introduced(info, now()));
    if (standing_.state() != link_state::ready) {
      give_up_connection();
      return;
    }
    answer_introductions();
    flush();
  }

  void on_failed(link_failure why, std::string text) {
    tell(standing_.failed(why, std::move(text), now()));
    if (standing_.state() == link_state::silent) {
      reject_waiting();
      answer_introductions();
      connect_later();
    } else {
      give_up_connection();
    }
  }

  /// What was sent has an unknown fate.
  void give_up_connection() {
    transport_->close();
    count_in_flight(-static_cast<std::int64_t>(window_.bytes_in_flight()));
    for (auto& sent : window_.take_all_sent())
      sent.done(delivered::unknown(standing_.detail()));
    reject_waiting();
    answer_introductions();
    connect_later();
  }

  void connect_later() {
    self_->cancel(next_try_);
    next_try_ = self_->after(standing_.pause(*services_->random), [this] { connect(); });
  }

  /// A request got no answer in time: the connection may stand, but nobody shall wait for this server again until
  /// it has shown itself.
  void fall_silent() {
    if (standing_.state() != link_state::ready)
      return;
    tell(standing_.fell_silent(now()));
    reject_waiting();
    connect();
  }

  void tell(const std::optional<link_news>& news) {
    events_.link_is(standing_.state());
    if (!news)
      return;
    const auto& log = services_->log;
    switch (news->what) {
    case link_news::kind::up:
      if (news->reconnected)
        events_.reconnected();
      if (news->away_seconds)
        logs::say(log, logs::events::link_reconnected,
                  {{"server", name_}, {"away_seconds", *news->away_seconds}});
      logs::say(log, logs::events::link_up,
                {{"server", name_},
                 {"id", crypto::to_base32(standing_.info()->id.view())},
                 {"latency_seconds", latency_}});
      return;
    case link_news::kind::down:
      logs::say(log, logs::events::link_down,
                {{"server", name_}, {"state", to_word(standing_.state())}, {"reason", standing_.detail()}});
      return;
    case link_news::kind::refused:
      logs::say(log, logs::events::link_refused, {{"server", name_}, {"reason", standing_.detail()}});
      return;
    }
  }

  // -- introductions

  caf::result<introduction> introduction_later() {
    auto promise = self_->template make_response_promise<introduction>();
    introductions_.push_back(promise);
    if (standing_.state() != link_state::connecting)
      answer_introductions();
    return promise;
  }

  void answer_introductions() {
    introduction answer;
    answer.known = standing_.info().has_value();
    answer.reachable = standing_.state() == link_state::ready;
    answer.detail = standing_.detail();
    if (standing_.info())
      answer.info = *standing_.info();
    for (auto& promise : std::exchange(introductions_, {}))
      promise.deliver(answer);
  }

  // -- requests

  /// `held` until it is answered.
  template <class Answer>
  caf::result<Answer> forward(storage_request request, duration deadline,
                              std::shared_ptr<const void> held = nullptr) {
    auto promise = self_->template make_response_promise<Answer>();
    const auto asked = now();
    enter({std::move(request), asked, deadline,
           [this, promise, asked, held = std::move(held)](delivered what) mutable {
             promise.deliver(answer_of<Answer>(std::move(what), services_->time->seconds_since(asked)));
           }});
    return promise;
  }

  template <class Answer>
  static Answer answer_of(delivered what, double seconds) {
    Answer out;
    out.how = what.how;
    out.detail = std::move(what.text);
    if (what.how == delivery::answered)
      out.answer = std::get<decltype(out.answer)>(std::move(what.answer));
    if constexpr (requires { out.seconds; }) {
      out.timed_out = what.timed_out;
      out.seconds = seconds;
    }
    return out;
  }

  void enter(pending x) {
    if (standing_.state() != link_state::ready && standing_.state() != link_state::connecting) {
      x.done(delivered::unsent(standing_.detail()));
      return;
    }
    const auto bytes = bytes_of(x.request);
    const auto due = x.asked + x.deadline;
    window_.add(std::move(x), bytes, due);
    flush();
    watch_the_waiting();
  }

  void flush() {
    if (std::exchange(flushing_, true))
      return; // a request was done while it was sent: the loop below goes on
    while (standing_.state() == link_state::ready) {
      const auto before = window_.bytes_in_flight();
      const auto next = window_.next();
      if (!next)
        break;
      count_in_flight(static_cast<std::int64_t>(window_.bytes_in_flight() - before));
      auto& [id, what] = *next;
      const auto left = what->deadline - std::chrono::duration_cast<duration>(now() - what->asked);
      transport_->send(std::move(what->request), std::max<duration>(left, std::chrono::milliseconds(1)),
                       [this, id = id](delivered x) { on_done(id, std::move(x)); });
    }
    flushing_ = false;
  }

  void on_done(std::uint64_t id, delivered what) {
    const auto before = window_.bytes_in_flight();
    auto asked = window_.take_sent(id);
    if (!asked)
      return; // the connection was given up meanwhile, and so was this
    count_in_flight(-static_cast<std::int64_t>(before - window_.bytes_in_flight()));
    const bool late = what.how == delivery::unknown && what.timed_out;
    if (what.how == delivery::unknown && !late)
      logs::say(services_->log, logs::events::request_broke, {{"server", name_}, {"reason", what.text}});
    asked->done(std::move(what));
    if (late)
      fall_silent();
    else
      flush();
  }

  /// One timer, for the first of those that wait.
  void watch_the_waiting() {
    const auto due = window_.next_due();
    if (!due || due == watched_due_)
      return;
    self_->cancel(waited_too_long_);
    watched_due_ = due;
    waited_too_long_ = self_->after(*due - now(), [this, due = *due] {
      watched_due_.reset();
      while (auto late = window_.take_overdue(std::max(due, now())))
        late->done(delivered::unsent("it could not be sent in time", true));
      flush(); // a large one may have stood before small ones
      watch_the_waiting();
    });
  }

  void reject_waiting() {
    for (auto& waiting : window_.take_waiting())
      waiting.done(delivered::unsent(standing_.detail()));
  }

  void count_in_flight(std::int64_t bytes) { services_->metrics->in_flight(bytes); }

  link_report report() const {
    link_report out;
    out.server = name_;
    if (standing_.info())
      out.id = crypto::to_base32(standing_.info()->id.view());
    out.endpoint = transport_->endpoint();
    out.state = standing_.state();
    out.detail = standing_.detail();
    out.latency_seconds = latency_;
    out.bytes_in_flight = window_.bytes_in_flight();
    return out;
  }

  shell<server_link_state>* self_;
  services_ptr services_;
  std::string name_;
  metrics::server_events& events_;

  link_standing standing_;
  send_window<pending> window_;
  bool flushing_ = false;
  double latency_ = 0; ///< of the last introduction, in seconds
  std::vector<caf::typed_response_promise<introduction>> introductions_; ///< until the first try has ended
  deadline_ticket next_try_;
  deadline_ticket waited_too_long_;
  std::optional<time_source::time_point> watched_due_; ///< what waited_too_long_ was set for
  std::unique_ptr<transport> transport_;               ///< last: its callbacks use the others
};

} // namespace

messages::server_link spawn_server_link(caf::actor_system& system, services_ptr services,
                                        link_options options) {
  return messages::spawn<server_link_state>(system, std::move(services), std::move(options));
}

} // namespace truckee::actors
