#include "truckee/actors/server/gbs_desk.hpp"

#include "truckee/base/overloaded.hpp"
#include "truckee/gbs/limits.hpp"
#include "truckee/gbs/server/wire.hpp"

namespace truckee::actors {

namespace {

using namespace messages;

/// Longer than any store thinks about one call and those before it; the connection is held for it.
constexpr auto patience = std::chrono::minutes(2);

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
                 const std::shared_ptr<desk_bell>& bell)
    : self_(self), services_(std::move(services)), store_(std::move(store)) {
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
                   [&](const gbs::advice_given& x) {
                     ask<advice_answer>(
                         share_advice{x.slot, x.share, x.reason}, to,
                         [](const advice_answer& y) { return gbs::advice_answer_of(y.status, y.detail); });
                   },
               },
               what);
  }

  template <class Answer, class Request, class Then>
  void ask(Request what, const gbs::replier& to, Then then) {
    request(
        self_, store_, patience, std::move(what), [to, then](const Answer& x) { to(then(x)); },
        [to](const caf::error&) { to(gbs::told(503, "the store does not answer")); });
  }

  shell<gbs_desk_state>* self_;
  services_ptr services_;
  storage_server store_;
};

} // namespace

gbs_desk spawn_gbs_desk(caf::actor_system& system, services_ptr services, messages::storage_server store) {
  const auto bell = std::make_shared<desk_bell>();
  auto who = messages::spawn<gbs_desk_state>(system, std::move(services), std::move(store), bell);
  return {caf::actor_cast<caf::actor>(who), bell->ring};
}

} // namespace truckee::actors
