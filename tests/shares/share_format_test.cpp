#include "codec/codec_test_support.hpp"
#include "truckee/shares/share_format.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::shares;
using namespace truckee::test;

namespace {

constexpr grid::spread three_of_ten{3, 10, 7};

/// Of each format: 100 bytes, and what in MDMF has two segments.
class shares_format : public ::testing::TestWithParam<grid::share_format> {
protected:
  shares_format() {
    const auto& keys = some_keys();
    access_ = access_to({static_cast<crypto::file_format>(GetParam()), keys.write, keys.fingerprint});
    small_ = made(100);
    large_ = made(large_size);
  }

  static constexpr std::size_t large_size = 150'000;

  encoded_version made(std::size_t size, grid::share_format format = GetParam()) {
    content_.assign(size, std::byte{'c'});
    const encode_request request{
        .format = format, .content = content_, .spread = three_of_ten, .keys = some_keys()};
    return encode(request, world_.context).value();
  }
  static grid::share_format other_format() {
    return GetParam() == grid::share_format::sdmf ? grid::share_format::mdmf : grid::share_format::sdmf;
  }
  static shared_bytes whole(const encoded_version& file, std::uint8_t number = 4) {
    return file.shares.at({number}).writes.at(0).data;
  }
  static shared_bytes head(const encoded_version& file, std::uint8_t number = 4) {
    return whole(file, number).slice(0, first_read_size);
  }
  /// What an honest server answers.
  static std::vector<shared_bytes> read(const shared_bytes& share,
                                        const std::vector<grid::read_vector>& reads) {
    std::vector<shared_bytes> out;
    for (const auto& r : reads)
      out.push_back(share.slice(r.offset, r.length));
    return out;
  }
  static judged_body fetch(const encoded_version& file, std::uint8_t number) {
    const auto reads = reads_for_body(head(file, number)).value();
    return judge_body(file.version, {number}, head(file, number), read(whole(file, number), reads));
  }
  /// k of them, and the content that they give.
  decoded_version decoded(const encoded_version& file) {
    std::map<share_number, share_body> bodies;
    for (const std::uint8_t number : {std::uint8_t{2}, std::uint8_t{5}, std::uint8_t{9}})
      bodies.emplace(share_number{number}, fetch(file, number).body);
    return decode(file.version, some_keys().read, bodies, world_.codes).value();
  }
  static shared_bytes flipped(const shared_bytes& share, std::size_t at) {
    auto out = to_bytes(share.view());
    out.at(at) ^= std::byte{1};
    return shared_bytes(std::move(out));
  }

  codec_world world_;
  bytes content_;
  file_access access_;
  encoded_version small_;
  encoded_version large_;
};

} // namespace

TEST_P(shares_format, a_new_version_says_what_to_write_to_each_share) {
  EXPECT_EQ(small_.version.format(), GetParam());
  EXPECT_EQ(small_.version.sequence.value, 1U);
  EXPECT_EQ(small_.version.data_length, 100U);
  ASSERT_EQ(small_.shares.size(), 10U);
  for (const auto& [share, content] : small_.shares) {
    ASSERT_EQ(content.writes.size(), 1U);
    EXPECT_EQ(content.writes[0].offset, 0U);
    EXPECT_EQ(content.length, content.writes[0].data.size());
    EXPECT_EQ(grid::parse_prefix(content.writes[0].data.view()), small_.version);
    EXPECT_EQ(share_length(content.writes[0].data), content.length);
    EXPECT_EQ(find_fault(access_, small_.version, share, content.writes[0].data), std::nullopt);
  }
}

TEST_P(shares_format, the_size_of_a_share_is_known_before_it_is_made) {
  const auto& key = some_keys().signing;
  EXPECT_EQ(share_size(GetParam(), large_size, three_of_ten, key), whole(large_).size());
  EXPECT_EQ(share_size(GetParam(), 100, three_of_ten, key), whole(small_).size());
  EXPECT_EQ(share_size(GetParam(), 100, {0, 10, 7}, key), 0U);
}

TEST_P(shares_format, three_fetched_bodies_give_the_content_back) {
  for (const auto* file : {&small_, &large_}) {
    std::map<share_number, share_body> bodies;
    for (const std::uint8_t number : {std::uint8_t{2}, std::uint8_t{5}, std::uint8_t{9}}) {
      auto got = fetch(*file, number);
      ASSERT_EQ(got.verdict, grid::share_verdict::good) << got.reason;
      bodies.emplace(share_number{number}, std::move(got.body));
    }
    const auto content = decode(file->version, some_keys().read, bodies, world_.codes);
    ASSERT_TRUE(content) << to_string(content.error());
    EXPECT_EQ(to_bytes(content->content.view()), bytes(file->version.data_length, std::byte{'c'}));
    bodies.erase({2});
    EXPECT_EQ(decode(file->version, some_keys().read, bodies, world_.codes).error().code,
              errc::not_enough_shares);
  }
}

TEST_P(shares_format, a_small_share_needs_no_second_read_and_a_large_one_looks_at_its_prefix_again) {
  EXPECT_TRUE(reads_for_body(head(small_))->empty());
  const auto reads = reads_for_body(head(large_)).value();
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0], (grid::read_vector{0, 75}));
  EXPECT_GT(reads[1].length, 20'000U);
  EXPECT_EQ(reads_for_body(shared_bytes()), std::nullopt);
  EXPECT_EQ(reads_for_body(head(large_).slice(0, 106)), std::nullopt);
}

TEST_P(shares_format, a_body_is_judged_by_its_version_its_hashes_and_its_number) {
  using grid::share_verdict;
  const auto first = head(large_);
  const auto reads = reads_for_body(first).value();
  const auto good = read(whole(large_), reads);
  const auto verdict = [&](const std::vector<shared_bytes>& answer, std::uint8_t number = 4) {
    return judge_body(large_.version, {number}, first, answer).verdict;
  };
  EXPECT_EQ(verdict(good), share_verdict::good);
  EXPECT_EQ(verdict(good, 5), share_verdict::bad) << "the hash chain is share 4's";
  EXPECT_EQ(verdict({good[0], flipped(good[1], 20'000)}), share_verdict::bad);
  EXPECT_EQ(verdict({good[0], good[1].slice(0, 50)}), share_verdict::bad) << "cut";
  EXPECT_EQ(verdict({flipped(good[0], 5), good[1]}), share_verdict::changed) << "another sequence number";
  EXPECT_EQ(verdict({shared_bytes(bytes(75, std::byte{7})), good[1]}), share_verdict::bad)
      << "no share any more";
  EXPECT_EQ(verdict({good[0]}), share_verdict::bad) << "another answer than was asked for";
  EXPECT_EQ(verdict({}), share_verdict::bad);
  EXPECT_EQ(judge_body(large_.version, {4}, head(small_), {}).verdict, share_verdict::changed);
  EXPECT_EQ(judge_body(large_.version, {4}, shared_bytes(), {}).verdict, share_verdict::bad);
}

TEST_P(shares_format, the_private_key_lies_where_the_head_says) {
  const auto range = private_key_range(head(large_)).value();
  const auto encrypted = whole(large_).slice(range.offset, range.length);
  EXPECT_TRUE(open_private_key(access_, encrypted.view()));
  EXPECT_FALSE(open_private_key(access_, flipped(encrypted, 3).view()));
  EXPECT_EQ(private_key_range(shared_bytes()), std::nullopt);
}

TEST_P(shares_format, every_byte_that_anything_depends_on_is_looked_at_in_a_whole_share) {
  const auto share = whole(small_);
  for (const std::size_t at : {0U, 1U, 60U, 120U, 500U, 700U})
    EXPECT_TRUE(find_fault(access_, small_.version, {4}, flipped(share, at))) << "byte " << at;
  const auto key = private_key_range(head(small_)).value();
  EXPECT_TRUE(find_fault(access_, small_.version, {4}, flipped(share, key.offset + 5))) << "the private key";
  EXPECT_TRUE(find_fault(access_, small_.version, {4}, flipped(share, share.size() - 1)));
  auto reader = access_;
  reader.write.reset();
  EXPECT_FALSE(find_fault(reader, small_.version, {4}, flipped(share, key.offset + 5)))
      << "which only a writer can prove";
  EXPECT_TRUE(find_fault(access_, large_.version, {4}, share)) << "another version";
  EXPECT_TRUE(find_fault(access_, small_.version, {4}, share.slice(0, share.size() - 1)));
}

TEST_P(shares_format, the_shares_of_an_existing_version_are_made_again_byte_for_byte) {
  for (const auto* file : {&small_, &large_}) {
    const std::vector<shared_bytes> heads{shared_bytes(), head(*file, 7)};
    auto content = decoded(*file);
    const auto again = existing(file->version, heads, content.salts);
    ASSERT_TRUE(again);
    content_ = to_bytes(content.content.view());
    encode_request request{.content = content_, .spread = {}, .keys = some_keys(), .again = &*again};
    const auto made = encode(request, world_.context);
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->version, file->version);
    for (const auto& [share, content_of_share] : made->shares)
      EXPECT_EQ(content_of_share.writes[0].data, file->shares.at(share).writes[0].data);
    content_[0] = std::byte{'x'};
    EXPECT_EQ(encode(request, world_.context).error().code, errc::corrupt) << "another content";
    EXPECT_FALSE(existing(file->version, {}, content.salts));
  }
}

TEST_P(shares_format, a_range_of_the_content_is_read_with_what_it_needs_and_no_more) {
  bytes content(500'000);
  for (std::size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<std::byte>(i * 7 + i / 251);
  content_ = content;
  const encode_request request{
      .format = GetParam(), .content = content_, .spread = three_of_ten, .keys = some_keys()};
  const auto file = encode(request, world_.context).value();
  for (const auto& range :
       {content_range{0, 1}, content_range{131'072, 2}, content_range{131'073, 131'073},
        content_range{262'145, 1}, content_range{499'999, 1}, content_range{400'000, UINT64_MAX},
        content_range{0, UINT64_MAX}, content_range{5, 0}, content_range{500'000, 10},
        content_range{UINT64_MAX, UINT64_MAX}}) {
    SCOPED_TRACE(std::to_string(range.offset) + " " + std::to_string(range.length));
    std::map<share_number, share_body> bodies;
    std::uint64_t fetched = 0;
    for (const std::uint8_t number : {std::uint8_t{2}, std::uint8_t{5}, std::uint8_t{9}}) {
      const auto reads = reads_for_body(head(file, number), range).value();
      for (const auto& each : reads)
        fetched += each.length;
      auto got =
          judge_body(file.version, {number}, head(file, number), read(whole(file, number), reads), range);
      ASSERT_EQ(got.verdict, grid::share_verdict::good) << got.reason;
      bodies.emplace(share_number{number}, std::move(got.body));
    }
    const auto begin = std::min<std::uint64_t>(range.offset, content.size());
    const auto length = std::min<std::uint64_t>(range.length, content.size() - begin);
    const auto part = decode(file.version, some_keys().read, bodies, world_.codes, range);
    ASSERT_TRUE(part) << to_string(part.error());
    EXPECT_TRUE(equal(part->content.view(), byte_view(content).subspan(begin, length)));
    if (GetParam() == grid::share_format::mdmf && length <= 2) {
      EXPECT_LT(fetched, 2 * 131'073 + 3 * 1000) << "two segments at most";
    }
  }
}

TEST_P(shares_format, a_range_that_does_not_verify_is_bad_and_what_it_does_not_touch_is_not_looked_at) {
  const content_range last{140'000, 100};
  const auto reads = reads_for_body(head(large_), last).value();
  auto answer = read(whole(large_), reads);
  EXPECT_EQ(judge_body(large_.version, {4}, head(large_), answer, last).verdict, grid::share_verdict::good);
  answer[1] = flipped(answer[1], 50);
  EXPECT_EQ(judge_body(large_.version, {4}, head(large_), answer, last).verdict, grid::share_verdict::bad);
  if (GetParam() == grid::share_format::mdmf) {
    const auto share = flipped(whole(large_), 20'000); // a block of the first segment
    EXPECT_EQ(judge_body(large_.version, {4}, head(large_), read(share, reads), last).verdict,
              grid::share_verdict::good);
    const auto all = reads_for_body(head(large_)).value();
    EXPECT_EQ(judge_body(large_.version, {4}, head(large_), read(share, all)).verdict,
              grid::share_verdict::bad);
  }
}

TEST_P(shares_format, a_share_of_the_other_format_is_told_apart_by_its_first_byte) {
  using grid::share_verdict;
  const auto other = made(100, other_format());
  EXPECT_EQ(other.version.format(), other_format());
  EXPECT_EQ(format_of(head(other).view()).value(), &format_named(other_format()));
  EXPECT_EQ(judge_body(small_.version, {4}, head(other), {}).verdict, share_verdict::changed);
  EXPECT_TRUE(find_fault(access_, small_.version, {4}, whole(other)));
  EXPECT_FALSE(find_fault(access_, other.version, {4}, whole(other)));
}

TEST_P(shares_format, a_version_that_no_writer_makes_is_not_decoded) {
  auto version = large_.version;
  version.segment_size = 0;
  std::map<share_number, share_body> bodies;
  for (const std::uint8_t number : {std::uint8_t{2}, std::uint8_t{5}, std::uint8_t{9}})
    bodies.emplace(share_number{number}, fetch(large_, number).body);
  version.data_length = std::uint64_t{1} << 60;
  EXPECT_EQ(decode(version, some_keys().read, bodies, world_.codes).error().code, errc::malformed);
}

INSTANTIATE_TEST_SUITE_P(formats, shares_format,
                         ::testing::Values(grid::share_format::sdmf, grid::share_format::mdmf),
                         [](const auto& x) { return x.param == grid::share_format::sdmf ? "sdmf" : "mdmf"; });
