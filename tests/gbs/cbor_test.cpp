#include "truckee/gbs/cbor.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::gbs;

namespace {

cbor_reader reading(const std::string& hexadecimal) {
  return cbor_reader(shared_bytes(test::hex(hexadecimal)));
}

std::string problem(const cbor_reader& in) {
  return in.problem() ? in.problem()->detail : "none";
}

std::string made(cbor_writer& from) {
  return to_hex(joined(from.take()).view());
}

} // namespace

TEST(cbor, is_written_as_short_as_it_can_be) {
  cbor_writer out;
  out.map(2).text("a").number(23).number(24).array(3).boolean(true).null().bytes(shared_bytes::copy_of("xy"));
  EXPECT_EQ(made(out), "a26161171818"
                       "83f5f6427879");
  out.number(255).number(256).number(65535).number(65536).number(0xffffffffff).tag(258);
  EXPECT_EQ(made(out), "18ff"
                       "190100"
                       "19ffff"
                       "1a00010000"
                       "1b000000ffffffffff"
                       "d90102");
}

TEST(cbor, a_long_byte_string_is_not_copied) {
  const auto share = shared_bytes(bytes(100'000, std::byte{7}));
  cbor_writer out;
  out.array(1).bytes(share);
  const auto pieces = out.take();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[1].data(), share.data());
  EXPECT_EQ(to_hex(pieces[0].view()), "815a000186a0");
  EXPECT_EQ(bytes_in(pieces), 100'006U);
}

RC_GTEST_PROP(cbor, what_is_written_is_read,
              (const std::vector<std::uint64_t>& numbers, const std::string& data)) {
  cbor_writer out;
  out.map(2).text("numbers").array(numbers.size());
  for (const auto x : numbers)
    out.number(x);
  out.text("data").bytes(shared_bytes::copy_of(data));
  cbor_reader in(joined(out.take()));
  std::vector<std::uint64_t> got;
  std::string got_data;
  in.record("all", {"numbers", "data"}, [&](std::string_view key) {
    if (key == "data")
      got_data = as_text(in.bytes(key, 1 << 20).view());
    else
      in.array(key, 1 << 20, [&] { got.push_back(in.number(key)); });
  });
  RC_ASSERT(in.good());
  RC_ASSERT(in.left() == 0U);
  RC_ASSERT(got == numbers);
  RC_ASSERT(got_data == data);
}

TEST(cbor, indefinite_lengths_are_read) {
  auto whole = reading("bf"
                       "6161"
                       "9f0102ff"
                       "6162"
                       "5f"
                       "426162"
                       "4163"
                       "ff"
                       "ff");
  std::uint64_t sum = 0;
  std::string data;
  whole.record("x", {"a", "b"}, [&](std::string_view key) {
    if (key == "a")
      whole.array(key, 10, [&] { sum += whole.number(key); });
    else
      data = as_text(whole.bytes(key, 10).view());
  });
  EXPECT_EQ(problem(whole), "none");
  EXPECT_EQ(sum, 3U);
  EXPECT_EQ(data, "abc");
}

TEST(cbor, what_is_wrong_names_its_field) {
  const auto number = [](const std::string& document) {
    auto in = reading(document);
    EXPECT_EQ(in.number("size"), 0U);
    return problem(in);
  };
  EXPECT_EQ(number("20"), "\"size\" is no number from 0 on");
  EXPECT_EQ(number("f93c00"), "\"size\" is no number from 0 on");
  EXPECT_EQ(number(""), "\"size\" is cut off");
  EXPECT_EQ(number("19"), "\"size\" is cut off");
  EXPECT_EQ(number("1c"), "\"size\" is no CBOR");
  EXPECT_EQ(number("ff"), "\"size\" is no number from 0 on");
  auto text = reading("61ff");
  text.text("reason", 10);
  EXPECT_EQ(problem(text), "\"reason\" is no UTF-8");
  auto twice = reading("a2"
                       "616101"
                       "616102");
  twice.record("change", {"a", "b"}, [&](std::string_view key) { twice.number(key); });
  EXPECT_EQ(problem(twice), "\"change\" has an unknown key, or one twice");
  auto less = reading("a1616101");
  less.record("change", {"a", "b"}, [&](std::string_view key) { less.number(key); });
  EXPECT_EQ(problem(less), "\"change\" lacks a key");
}

TEST(cbor, a_field_that_the_document_names_is_told_in_one_line) {
  auto in = reading("00");
  in.text("\x1b[2J\n" + std::string(1000, 'x'), 10);
  EXPECT_EQ(problem(in).find('\x1b'), std::string::npos);
  EXPECT_EQ(problem(in).find('\n'), std::string::npos);
  EXPECT_LT(problem(in).size(), 300U);
}

TEST(cbor, nothing_is_allocated_for_what_is_only_claimed) {
  auto bytes = reading("5b7fffffffffffffff00");
  bytes.bytes("data", std::size_t(-1));
  EXPECT_FALSE(bytes.good());
  auto array = reading("9b7fffffffffffffff00");
  array.array("data", 100, [&] { array.number("data"); });
  EXPECT_EQ(problem(array), "\"data\" has too many entries");
  auto skipped = reading("bb7fffffffffffffff00");
  skipped.skip("data");
  EXPECT_EQ(problem(skipped), "\"data\" is cut off");
}

TEST(cbor, depth_and_items_are_bounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "81";
  auto nested = reading(deep + "00");
  nested.skip("data");
  EXPECT_EQ(problem(nested), "\"data\" is nested too deeply");
  auto tags = reading(std::string(200'000, 'c') + "00");
  tags.skip("data");
  EXPECT_FALSE(tags.good());
  cbor_reader many(shared_bytes(bytes(1'000'000, std::byte{0})), {.depth_max = 8, .items_max = 10});
  for (int i = 0; i < 10; ++i)
    many.number("x");
  EXPECT_TRUE(many.good());
  many.number("x");
  EXPECT_EQ(problem(many), "\"x\" comes after more items than a document may have");
}

RC_GTEST_PROP(cbor, any_bytes_are_left_out_or_refused, (const std::vector<std::uint8_t>& any)) {
  bytes raw(any.size());
  for (std::size_t i = 0; i < any.size(); ++i)
    raw[i] = std::byte{any[i]};
  cbor_reader in{shared_bytes(std::move(raw))};
  in.skip("any");
  if (in.good())
    RC_ASSERT(in.left() < any.size());
}
