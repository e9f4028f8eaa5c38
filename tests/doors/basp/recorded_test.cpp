#include "doors/basp/recording.hpp"
#include "truckee/doors/basp/basp_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

/// What real nodes said to each other passes as it was said, however the network cuts it.
using namespace truckee;
using namespace truckee::test;
using namespace truckee::doors::basp;

namespace {

/// Feeds a stream in pieces of the sizes that `next` gives.
template <class Next>
void expect_passes(const recording& what, Next next) {
  basp_filter filter(what.rules);
  bytes out;
  for (byte_view left = what.said; !left.empty();) {
    const auto piece = left.first(std::min<std::size_t>(next(), left.size()));
    const auto taken = filter.take(piece, out);
    ASSERT_TRUE(taken) << what.name << ": " << taken.error().detail;
    left = left.subspan(piece.size());
  }
  EXPECT_EQ(to_hex(out), to_hex(without_spawn_question(what.said))) << what.name;
}

class recorded : public testing::TestWithParam<recording> {};

std::string test_name(const testing::TestParamInfo<recording>& info) {
  auto name = info.param.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

} // namespace

TEST_P(recorded, passes_in_one_piece) {
  expect_passes(GetParam(), [] { return std::size_t{1} << 30; });
}

TEST_P(recorded, passes_byte_by_byte) {
  expect_passes(GetParam(), [] { return std::size_t{1}; });
}

TEST_P(recorded, passes_in_pieces_of_any_size) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 engine(seed);
    expect_passes(GetParam(), [&] { return 1 + engine() % (seed % 2 ? 40 : 900); });
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

TEST_P(recorded, is_refused_by_a_node_of_the_other_generation_which_names_both) {
  auto rules = GetParam().rules;
  rules.speaks = rules.speaks == generation::caf_0_17 ? generation::caf_1_1 : generation::caf_0_17;
  basp_filter filter(rules);
  bytes out;
  const auto taken = filter.take(GetParam().said, out);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().detail.find("BASP 3 (CAF 0.17)"), std::string::npos) << taken.error().detail;
  EXPECT_NE(taken.error().detail.find("BASP 8 (CAF 1.1)"), std::string::npos) << taken.error().detail;
  EXPECT_TRUE(out.empty());
}

TEST_P(recorded, is_refused_as_soon_as_it_claims_to_be_of_this_node) {
  auto rules = GetParam().rules;
  rules.own = GetParam().peer;
  basp_filter filter(rules);
  bytes out;
  const auto taken = filter.take(GetParam().said, out);
  ASSERT_FALSE(taken);
  EXPECT_EQ(frames_of(out).size(), 1U) << "CAF ends such a connection by itself after the handshake";
}

INSTANTIATE_TEST_SUITE_P(all, recorded, testing::ValuesIn(recordings()), test_name);

TEST(recordings, have_every_message_type_in_both_directions) {
  for (const auto g : {generation::caf_0_17, generation::caf_1_1})
    for (const auto side : {peer_side::dialler, peer_side::dialled}) {
      std::set<std::string_view> missing;
      for (const auto& type : basp_types())
        missing.insert(type.name);
      // Members of other messages, and what only a caller says.
      missing.erase("truckee::messages::progress_listener");
      if (side == peer_side::dialled)
        for (const auto* asked : {"hello", "subscribe", "unsubscribe", "status_request", "cancel_request"})
          missing.erase("truckee::messages::" + std::string(asked));
      for (const auto& one : recordings()) {
        if (one.rules.speaks != g || one.rules.peer != side)
          continue;
        for (const auto& each : frames_of(one.said))
          if (each.head.what == operation::direct_message)
            for (const auto& type : basp_types()) {
              const frame_writer write(g);
              const auto list =
                  (g == generation::caf_0_17 ? length_bytes(0) : bytes{}) + write.type_list({type});
              if (each.payload.size() >= list.size() && equal(each.payload.first(list.size()), list))
                missing.erase(type.name);
            }
      }
      EXPECT_TRUE(missing.empty()) << name_of(g) << ", first missing: " << *missing.begin();
    }
}
