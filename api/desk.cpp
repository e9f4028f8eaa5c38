#include "truckee/api/desk.hpp"

#include "truckee/messages/types.hpp"

namespace truckee::api {

namespace {

using namespace messages;

class desk_state {
public:
  using handle = protocol<void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.http_desk";
  static constexpr bool stays = true;

  explicit desk_state(shell<desk_state>* self) : self_(self) {}

  behavior<handle> make_behavior() {
    return {
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  shell<desk_state>* self_;
};

} // namespace

desk spawn_desk(caf::actor_system& system) {
  const auto who = messages::spawn<desk_state>(system);
  return {caf::actor_cast<caf::actor>(who),
          [who](std::function<void()> what) { send_anonymously(who, continuation{std::move(what)}); }};
}

} // namespace truckee::api
