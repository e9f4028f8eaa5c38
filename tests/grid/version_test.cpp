#include "grid/model_grid.hpp"
#include "truckee/grid/limits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

file_version any_version() {
  file_version v;
  v.sequence.value = *rc::gen::arbitrary<std::uint64_t>();
  for (auto& b : v.root.data)
    b = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  if (*rc::gen::arbitrary<bool>()) {
    v.salt.emplace();
    v.salt->data[3] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  }
  v.k = *rc::gen::inRange<std::uint8_t>(1, 255);
  v.n = *rc::gen::inRange<std::uint8_t>(v.k, 255);
  v.segment_size = *rc::gen::arbitrary<std::uint64_t>();
  v.data_length = *rc::gen::arbitrary<std::uint64_t>();
  return v;
}

} // namespace

TEST(version, the_checkstring_is_57_bytes_for_sdmf_and_41_for_mdmf) {
  auto v = version(7);
  EXPECT_EQ(pack_checkstring(v).size(), 57U);
  EXPECT_EQ(pack_prefix(v).size(), 75U);
  EXPECT_EQ(pack_prefix(v)[0], std::byte{0});
  v.salt.reset();
  EXPECT_EQ(pack_checkstring(v).size(), 41U);
  EXPECT_EQ(pack_prefix(v).size(), 59U);
  EXPECT_EQ(pack_prefix(v)[0], std::byte{1});
}

TEST(version, bytes_stand_where_the_format_puts_them) {
  auto v = version(0x0102030405060708U, 0xaa, 3, 10);
  v.segment_size = 6;
  v.data_length = 5;
  const auto text = to_hex(pack_prefix(v));
  EXPECT_EQ(text, "00"
                  "0102030405060708"
                  "aa" +
                      std::string(62, '0') + std::string(30, '0') +
                      "aa"
                      "03"
                      "0a"
                      "0000000000000006"
                      "0000000000000005");
}

RC_GTEST_PROP(version, a_prefix_goes_both_ways_whatever_follows_it, ()) {
  const auto v = any_version();
  auto data = pack_prefix(v);
  const auto tail = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
  for (const auto b : tail)
    data.push_back(static_cast<std::byte>(b));
  RC_ASSERT(parse_prefix(data).value() == v);
}

RC_GTEST_PROP(version, hostile_bytes_give_a_version_or_a_named_error,
              (const std::vector<std::uint8_t>& raw)) {
  bytes data;
  for (const auto b : raw)
    data.push_back(static_cast<std::byte>(b));
  if (!data.empty())
    data[0] = static_cast<std::byte>(raw[0] % 4);
  const auto v = parse_prefix(data);
  if (v) {
    const auto packed = pack_prefix(*v);
    RC_ASSERT(equal(packed, byte_view{data}.first(packed.size())));
  } else {
    RC_ASSERT(v.error().code == errc::malformed && !v.error().detail.empty());
  }
}

TEST(version, short_unknown_and_impossible_prefixes_are_refused_by_name) {
  EXPECT_NE(parse_prefix({}).error().detail.find("version byte"), std::string::npos);
  EXPECT_NE(parse_prefix(as_bytes("\x02")).error().detail.find("version byte"), std::string::npos);
  auto data = pack_prefix(version(1));
  data.pop_back();
  EXPECT_NE(parse_prefix(data).error().detail.find("signed prefix"), std::string::npos);
  EXPECT_NE(parse_prefix(pack_prefix(version(1, 1, 0, 10))).error().detail.find("k and N"),
            std::string::npos);
  EXPECT_NE(parse_prefix(pack_prefix(version(1, 1, 4, 3))).error().detail.find("k and N"), std::string::npos);
}

TEST(version, order_is_sequence_number_then_root_hash) {
  EXPECT_LT(version(1, 9), version(2, 1));
  EXPECT_LT(version(2, 1), version(2, 9));
  auto a = version(2, 1);
  auto b = version(2, 2);
  a.data_length = 100; // lengths never outvote the root hash
  EXPECT_LT(a, b);
}

TEST(version, a_real_share_of_tahoe_parses) {
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(vector_path("sdmf.json").parent_path() / "sdmf")) {
    if (entry.path().extension() != ".share")
      continue;
    const auto v = parse_prefix(read_file(entry.path()));
    ASSERT_TRUE(v) << entry.path();
    EXPECT_TRUE(v->salt);
    EXPECT_EQ(v->segment_size, (v->data_length + v->k - 1) / v->k * v->k) << entry.path();
    ++seen;
  }
  EXPECT_GT(seen, 0U);
}

TEST(limits, a_deadline_is_base_plus_size_over_floor_rate) {
  grid_limits limits;
  EXPECT_EQ(limits.server_deadline(0), limits.server_deadline_base);
  EXPECT_EQ(limits.server_deadline(64 * 1024), limits.server_deadline_base + std::chrono::seconds(1));
  EXPECT_GT(limits.server_deadline(UINT64_MAX), limits.server_deadline_base); // does not wrap
}

TEST(limits, patience_is_some_times_what_the_others_took_and_never_too_short) {
  using namespace std::chrono_literals;
  const grid::grid_limits limits;
  EXPECT_EQ(limits.patience(0s), limits.slow_least);
  EXPECT_EQ(limits.patience(std::chrono::duration<double>(-1)), limits.slow_least);
  EXPECT_EQ(limits.patience(1s), 4s);
  EXPECT_LE(limits.patience(std::chrono::duration<double>(1e30)), 4 * 24h);
}
