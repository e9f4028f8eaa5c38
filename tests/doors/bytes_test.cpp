#include "doors/ends.hpp"
#include "doors/issue.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <random>

using namespace truckee;
using namespace truckee::doors;
using namespace truckee::test;

namespace {

/// Lets everything pass but what holds a word.
class no_evil final : public inspector {
public:
  result<void> take(byte_view in, bytes& out) override {
    if (as_text(in).find("evil") != std::string_view::npos)
      return fail(errc::protocol, "it is evil");
    out.insert(out.end(), in.begin(), in.end());
    return {};
  }
};

struct line {
  passage caller;
  passage guest;
};

class bytes_of : public testing::TestWithParam<bool> {
protected:
  line connected() {
    door what{.at = {"127.0.0.1", 0}};
    call to{.to = {}, .deadline = 10s};
    if (GetParam())
      what.tls = to.tls = ca_.first();
    const auto got = inside_->open(what, hall_.in());
    to.to = got->at;
    auto caller = dial(*outside_, to);
    if (!caller)
      throw std::runtime_error(to_string(caller.error()));
    auto guest = hall_.next();
    receive(caller->inside.get(), 5);
    return {std::move(*caller), std::move(*guest)};
  }

  authority ca_;
  hall hall_;
  std::shared_ptr<test::listener> told_ = std::make_shared<test::listener>();
  std::shared_ptr<porter> inside_ = *porter::make(
      {.limits = {}, .tell = told_, .inspect = [](peer_side) { return std::make_unique<no_evil>(); }});
  std::shared_ptr<porter> outside_ = *porter::make({});
};

INSTANTIATE_TEST_SUITE_P(a_connection, bytes_of, testing::Bool(),
                         [](const auto& x) { return x.param ? "with_tls" : "without_tls"; });

constexpr std::size_t total = 64U << 20;

/// Bytes that follow from their place.
char at(std::size_t place) {
  return static_cast<char>((place * 2654435761U) >> 24);
}

bool send_pattern(int fd, unsigned seed) {
  std::mt19937 dice(seed);
  std::string part;
  for (std::size_t sent = 0; sent < total; sent += part.size()) {
    part.resize(std::min<std::size_t>(1 + dice() % 200'000, total - sent));
    for (std::size_t i = 0; i < part.size(); ++i)
      part[i] = at(sent + i);
    if (!send_all(fd, part))
      return false;
  }
  return true;
}

/// How many bytes came right.
std::size_t take_pattern(int fd, unsigned seed) {
  std::mt19937 dice(seed);
  for (std::size_t got = 0; got < total;) {
    const auto part = receive(fd, std::min<std::size_t>(1 + dice() % 100'000, total - got));
    if (part.empty())
      return got;
    for (const char c : part)
      if (c != at(got++))
        return got;
  }
  return total;
}

TEST_P(bytes_of, both_ways_at_once_arrive_all_and_in_order) {
  const auto both = connected();
  auto up = std::async(std::launch::async, [&] { return send_pattern(both.caller.inside.get(), 1); });
  auto down = std::async(std::launch::async, [&] { return send_pattern(both.guest.inside.get(), 2); });
  auto at_guest = std::async(std::launch::async, [&] { return take_pattern(both.guest.inside.get(), 3); });
  EXPECT_EQ(take_pattern(both.caller.inside.get(), 4), total);
  EXPECT_EQ(at_guest.get(), total);
  EXPECT_TRUE(up.get());
  EXPECT_TRUE(down.get());
}

TEST_P(bytes_of, the_last_words_before_a_close_arrive) {
  auto both = connected();
  // The peer is still sending when this end closes.
  ASSERT_TRUE(send_all(both.caller.inside.get(), std::string(100'000, 'x')));
  auto sent = std::async(std::launch::async, [&] {
    send_all(both.guest.inside.get(), std::string(1'000'000, 'y'));
    both.guest.inside.reset();
  });
  EXPECT_EQ(receive(both.caller.inside.get()), std::string(1'000'000, 'y'));
  sent.get();
}

TEST_P(bytes_of, one_who_has_closed_are_not_waited_for_by_him) {
  auto both = connected();
  // The peer keeps its end open.
  ASSERT_TRUE(send_all(both.guest.inside.get(), "last"));
  ::shutdown(both.guest.inside.get(), SHUT_WR);
  pollfd end{both.guest.inside.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&end, 1, 3'000), 1) << "less than the time that a peer has to close";
  char byte = 0;
  EXPECT_EQ(::recv(both.guest.inside.get(), &byte, 1, 0), 0);
  EXPECT_EQ(receive(both.caller.inside.get()), "last");
}

TEST_P(bytes_of, the_last_words_before_the_porter_ends_arrive) {
  auto both = connected();
  auto got = std::async(std::launch::async, [&] { return receive(both.caller.inside.get()); });
  ASSERT_TRUE(send_all(both.guest.inside.get(), std::string(300'000, 'y')));
  inside_.reset();
  EXPECT_EQ(got.get().size(), 300'000U);
}

TEST_P(bytes_of, the_last_words_that_are_more_than_buffers_hold_arrive_as_well) {
  auto both = connected();
  const std::string words(std::size_t{8} << 20, 'y');
  auto sent = std::async(std::launch::async, [&] { return send_all(both.guest.inside.get(), words); });
  pollfd first{both.caller.inside.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&first, 1, 20'000), 1) << "they are on their way";
  auto got = std::async(std::launch::async, [&] { return receive(both.caller.inside.get()); });
  inside_.reset();
  EXPECT_EQ(got.get().size(), words.size());
  EXPECT_TRUE(sent.get());
}

TEST_P(bytes_of, one_who_does_not_take_them_wait_with_the_sender) {
  auto both = connected();
  ::fcntl(both.guest.inside.get(), F_SETFL, O_NONBLOCK);
  const std::string part(65536, 'z');
  std::size_t taken = 0;
  for (int idle = 0; idle < 20;) {
    const auto n = ::send(both.guest.inside.get(), part.data(), part.size(), MSG_NOSIGNAL);
    idle = n > 0 ? 0 : idle + 1;
    taken += n > 0 ? static_cast<std::size_t>(n) : 0;
    if (n <= 0)
      std::this_thread::sleep_for(20ms);
  }
  // The kernel's buffers of three sockets, and 64 KiB of each porter.
  EXPECT_LT(taken, 16U << 20);
  make_blocking(both.guest.inside.get());
  both.guest.inside.reset();
  EXPECT_EQ(receive(both.caller.inside.get()).size(), taken);
}

TEST_P(bytes_of, a_peer_that_the_inspector_refuses_end_there) {
  const auto both = connected();
  ASSERT_TRUE(send_all(both.caller.inside.get(), "good"));
  EXPECT_EQ(receive(both.guest.inside.get(), 4), "good");
  ASSERT_TRUE(send_all(both.caller.inside.get(), "evil"));
  EXPECT_EQ(receive(both.guest.inside.get()), "");
  EXPECT_EQ(receive(both.caller.inside.get()), "");
  const auto told = told_->next();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what.why, refusal::protocol);
  EXPECT_EQ(told->what.detail, "it is evil");
}

} // namespace
