#include "doors/basp/recording.hpp"
#include "truckee/doors/basp/basp_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

/// Recordings with random damage and attacks in them: whatever passes is a stream of frames that may be.
using namespace truckee;
using namespace truckee::test;
using namespace truckee::doors::basp;

namespace {

class mutator {
public:
  explicit mutator(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }

  bytes mutate(const recording& from) {
    auto out = from.said;
    for (auto n = 1 + below(4); n > 0; --n)
      change(out, from);
    return out;
  }

private:
  void change(bytes& data, const recording& from) {
    if (data.empty())
      return;
    const auto at = data.begin() + static_cast<std::ptrdiff_t>(below(data.size()));
    switch (below(7)) {
    case 0:
      *at ^= static_cast<std::byte>(1U << below(8));
      return;
    case 1:
      *at = std::array{std::byte{0}, std::byte{0xff}, std::byte{0x7f}, std::byte{0x80}}[below(4)];
      return;
    case 2:
      data.erase(at, at + static_cast<std::ptrdiff_t>(
                              std::min<std::size_t>(below(40), static_cast<std::size_t>(data.end() - at))));
      return;
    case 3:
      data.insert(at, below(40), static_cast<std::byte>(engine_()));
      return;
    case 4: { // a frame of somebody else's, where a frame may be
      const auto& other = recordings()[below(recordings().size())];
      const auto frames = frames_of(other.said);
      insert_between(data, to_bytes(frames[below(frames.size())].all));
      return;
    }
    case 5: { // a header's byte
      const auto frames = frames_of(data);
      if (frames.empty())
        return;
      const auto offset = static_cast<std::size_t>(frames[below(frames.size())].all.data() - data.data());
      data[offset + below(header_size)] = static_cast<std::byte>(engine_());
      return;
    }
    default:
      insert_between(data, attack(from));
    }
  }

  void insert_between(bytes& data, const bytes& what) {
    const auto frames = frames_of(data);
    if (frames.empty())
      return;
    const auto offset = frames[below(frames.size())].all.data() - data.data();
    data.insert(data.begin() + offset, what.begin(), what.end());
  }

  bytes attack(const recording& from) {
    const frame_writer write(from.rules.speaks);
    switch (below(5)) {
    case 0:
      return write.message({caf_types::exit}, write.handle(9, from.peer) + write.error());
    case 1:
      return write.message({caf_types::link_word, caf_types::handle}, write.handle(9, from.rules.own));
    case 2:
      return write.message({caf_types::message}, write.type_list({caf_types::message}));
    case 3:
      return write.header(2, basp_limit + 1 + below(1'000'000), 0, 9, 7);
    default:
      return write.frame(1, {});
    }
  }

  std::mt19937_64 engine_;
};

/// Said independently of the filter: what a stream that passed may have at most.
void expect_harmless(byte_view passed, const rules& r) {
  const frame_writer write(r.speaks);
  for (const auto& each : frames_of(passed)) {
    ASSERT_LE(each.head.payload, r.longest_payload);
    ASSERT_NE(each.head.what, operation::routed_message);
    ASSERT_LE(static_cast<unsigned>(each.head.what), 6U);
    ASSERT_NE(each.head.flags, named_receiver);
    if (each.head.what == operation::client_handshake || each.head.what == operation::server_handshake) {
      ASSERT_GT(each.head.payload, 0U);
    }
    if (each.head.what != operation::direct_message)
      continue;
    const auto ours = [&](const message_type& type) {
      auto list = r.speaks == generation::caf_0_17 ? length_bytes(0) : bytes{};
      list = std::move(list) + write.type_list({type});
      return each.payload.size() >= list.size() && equal(each.payload.first(list.size()), list);
    };
    const bool answers = each.head.data & answer_bit;
    const bool named = each.head.from_actor != 0 || r.speaks == generation::caf_0_17;
    ASSERT_TRUE((std::ranges::any_of(r.types, ours) && named) || (ours(caf_types::error) && answers))
        << to_hex(each.payload.first(std::min<std::size_t>(60, each.payload.size())));
  }
}

} // namespace

TEST(basp_mutations, let_nothing_pass_that_may_not) {
  std::size_t refused = 0;
  std::size_t passed = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    mutator random(seed);
    const auto& from = recordings()[random.below(recordings().size())];
    const auto stream = random.mutate(from);
    basp_filter filter(from.rules);
    bytes out;
    bool ended = false;
    for (byte_view left = stream; !left.empty() && !ended;) {
      const auto piece = left.first(std::min<std::size_t>(1 + random.below(700), left.size()));
      left = left.subspan(piece.size());
      const auto taken = filter.take(piece, out);
      ended = !taken;
      if (ended) {
        ASSERT_EQ(taken.error().code, errc::protocol);
        ASSERT_TRUE(std::ranges::all_of(taken.error().detail, [](char c) { return c >= ' ' && c <= '~'; }));
        ASSERT_LT(taken.error().detail.size(), 200U) << taken.error().detail;
      }
    }
    ASSERT_LE(out.size(), stream.size()) << "seed " << seed;
    expect_harmless(out, from.rules);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", " << from.name;
    ++(ended ? refused : passed);
  }
  EXPECT_GT(refused, 5'000U);
  EXPECT_GT(passed, 200U) << "damage in bodies is not the filter's to judge";
}
