#include "truckee/actors/server/gbs_desk.hpp"

#include "truckee/actors/shell/offload.hpp"
#include "truckee/base/overloaded.hpp"
#include "truckee/base/text.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/gbs/limits.hpp"
#include "truckee/gbs/server/wire.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// Longer than any store thinks about one call and those before it; the connection is held for it.
constexpr auto patience = std::chrono::minutes(2);
/// Of a stranger's words in the log.
constexpr std::size_t logged_bytes_max = 200;

/// How requests come in from threads that are nobody's.
struct desk_bell {
  std::function<void(gbs::asked, gbs::replier)> ring;
};

class gbs_desk_state {
public:
  using handle = protocol<void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.gbs_desk";
  static constexpr bool stays = true;

  gbs_desk_state(shell<gbs_desk_state>* self, services_ptr services, storage_server store,
                 std::shared_ptr<storage::advice_book> advice, const std::string& label,
                 const std::shared_ptr<desk_bell>& bell)
    : self_(self), services_(std::move(services)), store_(std::move(store)), advice_(std::move(advice)),
      events_(services_->metrics->store(label)), label_(label) {
    // The closures are run by the actor, so never after its end.
    bell->ring = [this, me = caf::actor_cast<handle>(self_->ctrl())](gbs::asked what, gbs::replier to) {
      const auto call = std::make_shared<gbs::asked>(std::move(what));
      send_anonymously(me, continuation{[this, call, to = std::move(to)] { answer(*call, to); }});
    };
  }

  behavior<handle> make_behavior() {
    return {
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  void answer(const gbs::asked& what, const gbs::replier& to) {
    std::visit(overloaded{
                   [&](const gbs::version_asked&) {
                     ask<grid::store_info>(hello_to_store(), to, [](const grid::store_info& x) {
                       // No immutable share fits here: whoever has some to place goes elsewhere.
                       return gbs::version_answer(x, 0);
                     });
                   },
                   [&](const gbs::shares_asked& x) {
                     ask<grid::slot_read_answer>(
                         grid::slot_read{x.slot, {}, {}}, to,
                         [](const grid::slot_read_answer& y) { return gbs::list_answer_of(y); });
                   },
                   [&](const gbs::share_asked& x) {
                     const auto range = x.range.value_or(grid::read_vector{0, gbs::range_bytes_max});
                     ask<grid::slot_read_answer>(
                         grid::slot_read{x.slot, {x.share}, {range}}, to,
                         [x](const grid::slot_read_answer& y) { return gbs::answer_of(x, y); });
                   },
                   [&](const grid::read_test_write& x) {
                     ask<grid::read_test_write_answer>(
                         x, to, [](const grid::read_test_write_answer& y) { return gbs::answer_of(y); });
                   },
                   [&](const gbs::lease_asked& x) {
                     ask<lease_answer>(add_lease{x.slot, x.renew, x.cancel}, to, [](const lease_answer& y) {
                       return gbs::lease_answer_of(y.status, y.detail);
                     });
                   },
                   [&](const gbs::advice_given& x) { take_advice(x, to); },
               },
               what);
  }

  template <class Answer, class Request, class Then>
  void ask(Request what, const gbs::replier& to, Then then) {
    request(
        self_, store_, patience, std::move(what), [to, then](const Answer& x) { to(then(x)); },
        [to](const caf::error&) { to(gbs::told(503, "the store does not answer")); });
  }

  /// Of a share that is there; whoever makes one up is not written down.
  void take_advice(const gbs::advice_given& x, const gbs::replier& to) {
    request(
        self_, store_, patience, grid::slot_read{x.slot, {x.share}, {}},
        [this, x, to](const grid::slot_read_answer& y) {
          if (!y.reads.contains(x.share) && !y.damaged.contains(x.share))
            return to(gbs::bare(404));
          keep(x, to);
        },
        [to](const caf::error&) { to(gbs::told(503, "the store does not answer")); });
  }

  void keep(const gbs::advice_given& x, const gbs::replier& to) {
    events_.corruption_advised();
    const auto shown = x.reason.substr(0, logged_bytes_max);
    logs::say(services_->log, logs::events::corruption_advised,
              {{"store", label_},
               {"slot", crypto::to_base32(x.slot.view()).substr(0, 5)},
               {"share", x.share.value},
               {"reason", escaped(shown)}});
    if (!advice_)
      return to(gbs::bare(200));
    offload(
        self_, *services_->blocking,
        [book = advice_, x, now = services_->time->unix_now()] {
          return book->keep(x.slot, x.share, x.reason, std::chrono::duration_cast<std::chrono::seconds>(now));
        },
        [this, to](const result<void>& kept) {
          if (!kept)
            logs::say(services_->log, logs::events::storage_failed,
                      {{"store", label_},
                       {"kind", "advice"},
                       {"slot", ""},
                       {"outcome", to_string(kept.error().code)},
                       {"detail", kept.error().detail}});
          to(gbs::bare(200)); // it was heard, which is all that a client may count on
        });
  }

  shell<gbs_desk_state>* self_;
  services_ptr services_;
  storage_server store_;
  std::shared_ptr<storage::advice_book> advice_;
  metrics::store_events& events_;
  std::string label_;
};

} // namespace

gbs_desk spawn_gbs_desk(caf::actor_system& system, services_ptr services, messages::storage_server store,
                        std::shared_ptr<storage::advice_book> advice, const std::string& name) {
  const auto bell = std::make_shared<desk_bell>();
  auto who = messages::spawn<gbs_desk_state>(system, std::move(services), std::move(store), std::move(advice),
                                             name, bell);
  return {caf::actor_cast<caf::actor>(who), bell->ring};
}

} // namespace truckee::actors
