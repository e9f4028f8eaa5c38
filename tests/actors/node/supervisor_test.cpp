#include "actors/test_services.hpp"
#include "truckee/actors/node/supervisor.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::messages;

namespace {

/// Writes down when it was told to end.
class member_state {
public:
  using handle = protocol<void(stop)>;
  static constexpr const char* name = "truckee.test.member";

  member_state(shell<member_state>* self, const actors::services_ptr&, std::string called,
               std::vector<std::string>& told)
    : self_(self), called_(std::move(called)), told_(told) {}
  behavior<handle> make_behavior() {
    return {[this](const stop&) {
      told_.push_back(called_);
      self_->quit();
    }};
  }

private:
  shell<member_state>* self_;
  std::string called_;
  std::vector<std::string>& told_;
};

} // namespace

TEST(supervisor, tells_those_of_the_end_first_who_would_miss_others) {
  test::deterministic run;
  const auto own = test::test_services(run);
  own->house = std::make_shared<household>();
  const actors::services_ptr shared = own;
  std::vector<std::string> told;
  const auto member = [&](const char* called) {
    return caf::actor_cast<caf::actor>(spawn<member_state>(run.system(), shared, called, told));
  };
  actors::crew first{member("gateway"), {}};
  first.others.emplace_back("store", member("store"));
  first.others.emplace_back("link", member("link to the store"));
  const auto watcher = actors::spawn_supervisor(run.system(), *own, {}, std::move(first));
  send_anonymously(watcher, stop{errc::cancelled, duration::zero()});
  run.settle();
  EXPECT_EQ(told, (std::vector<std::string>{"gateway", "link to the store", "store"}));
  EXPECT_EQ(run.running(), 0U);
}
