#include "truckee/control/controller.hpp"

#include "truckee/messages/wire_types.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace truckee::messages;
using namespace std::chrono_literals;

namespace {

using greeter = protocol<greeting(hello)>;

/// What came to the other end.
struct heard {
  std::atomic<std::size_t> greetings{0};
  std::atomic<std::size_t> letters{0};
};

struct listener_state {
  using handle = greeter;
  static constexpr const char* name = "test.listener";
  listener_state(shell<listener_state>*, std::shared_ptr<heard> of) : heard_(std::move(of)) {}
  behavior<handle> make_behavior() {
    return {[this](const hello& x) {
      heard_->letters += x.software.size();
      ++heard_->greetings;
      return greeting{x.protocol, ""};
    }};
  }
  std::shared_ptr<heard> heard_;
};

class controller_end : public testing::Test {
protected:
  controller_end() { close_registry(there_); }
  ~controller_end() override {
    caf::anon_send_exit(listener_, caf::exit_reason::user_shutdown);
    listener_ = greeter{};
    porter_->stop();
  }

  std::unique_ptr<control::controller> started() {
    auto out = control::controller::start(std::nullopt);
    if (!out)
      throw std::runtime_error(to_string(out.error()));
    return std::move(*out);
  }
  greeter connected(control::controller& by) {
    doors::call what{.to = door_.at, .deadline = 10s};
    const auto peer = connect_blocking(by.system(), by.porter(), what);
    if (!peer)
      throw std::runtime_error(to_string(peer.error()));
    return as_protocol<greeter>(by.system(), *peer);
  }

  std::shared_ptr<heard> heard_ = std::make_shared<heard>();
  system_config config_;
  caf::actor_system there_{config_};
  std::shared_ptr<doors::porter> porter_ = *make_porter(there_);
  greeter listener_ = spawn<listener_state>(there_, heard_);
  published_door door_ = *publish_at(*porter_, {.at = {"127.0.0.1", 0}}, listener_);
};

} // namespace

TEST_F(controller_end, what_was_said_before_arrives) {
  for (const auto& [count, size] : {std::pair<std::size_t, std::size_t>{1, 10}, {400, 10}, {8, 2U << 20}}) {
    heard_->greetings = heard_->letters = 0;
    {
      const auto by = started();
      const auto whom = connected(*by);
      for (std::size_t i = 0; i < count; ++i)
        send_anonymously(whom, hello{1, std::string(size, 'x')});
    }
    for (int i = 0; i < 500 && heard_->greetings < count; ++i)
      std::this_thread::sleep_for(20ms);
    EXPECT_EQ(heard_->greetings, count) << size << " letters each";
    EXPECT_EQ(heard_->letters, count * size);
  }
}

TEST_F(controller_end, waits_for_nothing_but_its_peer) {
  auto quickest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 20 && quickest > 40ms; ++i) {
    auto by = started();
    send_anonymously(connected(*by), hello{1, "x"});
    const auto before = std::chrono::steady_clock::now();
    by.reset();
    quickest = std::min(quickest, std::chrono::steady_clock::now() - before);
  }
  EXPECT_LT(quickest, 40ms) << "a command ends like that";
}

TEST(controller, names_the_tls_file_that_cannot_be_used) {
  const auto none = control::controller::start(tls::node_files{"/none/ca.pem", "/none/a.pem", "/none/a.key"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, errc::configuration);
  EXPECT_NE(none.error().detail.find("/none/ca.pem"), std::string::npos) << none.error().detail;
}
