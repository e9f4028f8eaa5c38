#include "truckee/actors/node/supervisor.hpp"
#include "truckee/base/worker_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <set>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

/// Whoever watches a client's actors, with actors that a test made.
using namespace truckee;
using namespace std::chrono_literals;

namespace {

struct host_config : caf::actor_system_config {
  host_config() {
    truckee::register_types();
    truckee::register_types(*this);
  }
};

/// How many members have states.
std::atomic<int> members = 0;

/// Ends at once, or only when there is no patience left.
class member_state {
public:
  using handle = messages::protocol<void(messages::stop), void(messages::continuation)>;
  static constexpr const char* name = "truckee.test.member";
  static constexpr bool stays = true;

  member_state(messages::shell<member_state>* self, const actors::services_ptr&, bool lingers)
    : self_(self), lingers_(lingers) {
    ++members;
  }
  ~member_state() {
    std::this_thread::sleep_for(20ms); // whoever is told too early would come first
    --members;
  }
  member_state(const member_state&) = delete;
  member_state& operator=(const member_state&) = delete;
  messages::behavior<handle> make_behavior() {
    return {
        [this](const messages::stop& x) {
          if (!lingers_ || x.patience == messages::duration::zero())
            self_->quit();
        },
        [](const messages::continuation& rest) { rest.run(); },
    };
  }

private:
  messages::shell<member_state>* self_;
  bool lingers_;
};

class supervision : public ::testing::Test {
protected:
  supervision() {
    services_.blocking = std::make_shared<worker_pool>(1);
    services_.metrics = std::make_shared<metrics::recorder>();
    services_.house = std::make_shared<messages::household>();
    services_.log = std::make_shared<logs::event_log>(logs::level::info, [this](const logs::record& r) {
      const std::lock_guard lock(mutex_);
      said_.emplace(r.event);
    });
  }
  caf::actor member(bool lingers = false) {
    return caf::actor_cast<caf::actor>(
        messages::spawn<member_state>(system_, std::make_shared<const actors::services>(services_), lingers));
  }
  actors::crew crew(bool lingers = false) { return {member(lingers), {{"link", member()}}}; }
  actors::supervisor watch(actors::crew first) {
    actors::supervisor_options how;
    how.what = "client";
    how.start = [this]() -> result<actors::crew> {
      ++starts_;
      return crew();
    };
    auto out = actors::spawn_supervisor(system_, services_, std::move(how), std::move(first));
    caf::actor_cast<caf::actor>(out)->attach_functor([this] { ended_.set_value(); });
    return out;
  }
  bool said(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return said_.contains(event);
  }
  static bool soon(const std::function<bool()>& is_so) {
    for (int i = 0; i < 400 && !is_so(); ++i)
      std::this_thread::sleep_for(20ms);
    return is_so();
  }
  static void make_fail(const caf::actor& who) {
    messages::send_anonymously(who, messages::continuation{[] { throw std::runtime_error("made to fail"); }});
  }
  static void stop(const actors::supervisor& who, messages::duration patience) {
    messages::send_anonymously(who, messages::stop{errc::cancelled, patience});
  }
  bool ends() { return ended_.get_future().wait_for(10s) == std::future_status::ready; }

  std::mutex mutex_;
  std::set<std::string> said_;
  std::atomic<int> starts_ = 0;
  std::promise<void> ended_;
  actors::services services_;
  host_config config_;
  caf::actor_system system_{config_};
};

} // namespace

TEST_F(supervision, an_end_that_takes_longer_than_its_patience_is_forced_and_said) {
  const auto watcher = watch(crew(true));
  stop(watcher, 200ms);
  EXPECT_TRUE(ends());
  EXPECT_TRUE(said("end_forced"));
  EXPECT_EQ(services_.house->size(), 0U);
}

TEST_F(supervision, an_end_in_time_is_not_forced) {
  const auto watcher = watch(crew());
  stop(watcher, 300ms);
  EXPECT_TRUE(ends());
  std::this_thread::sleep_for(400ms);
  EXPECT_FALSE(said("end_forced"));
}

TEST_F(supervision, who_waits_for_the_end_finds_nothing_left) {
  const auto watcher = watch(crew());
  stop(watcher, 10s);
  EXPECT_TRUE(ends());
  EXPECT_EQ(members, 0);
  EXPECT_EQ(services_.metrics.use_count(), 1) << "the test's own";
}

TEST_F(supervision, who_joins_is_watched_and_ends_with_the_rest) {
  const auto watcher = watch(crew());
  const auto late = member();
  messages::send_anonymously(watcher, messages::join_crew{"link to late", late});
  make_fail(late);
  EXPECT_TRUE(soon([&] { return starts_ == 1; })) << "it is as any other";
  const auto more = member();
  ASSERT_TRUE(soon([&] { return said("part_restarted"); }));
  messages::send_anonymously(watcher, messages::join_crew{"link to more", more});
  stop(watcher, 10s);
  EXPECT_TRUE(ends()) << "and nobody is left behind";
  EXPECT_EQ(services_.house->size(), 0U);
}

TEST_F(supervision, who_leaves_ends_and_is_not_missed) {
  const auto watcher = watch(crew());
  const auto late = member();
  messages::send_anonymously(watcher, messages::join_crew{"link to late", late});
  messages::send_anonymously(watcher, messages::leave_crew{late});
  EXPECT_TRUE(soon([&] { return services_.house->size() == 2; }));
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(starts_, 0);
  EXPECT_FALSE(said("part_ended"));
  stop(watcher, 10s);
  EXPECT_TRUE(ends());
}
