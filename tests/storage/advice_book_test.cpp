#include "truckee/storage/advice_book.hpp"

#include "test_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::storage;
using namespace std::chrono_literals;

namespace {

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t out = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder))
    ++out;
  return out;
}

} // namespace

TEST(advice_book, keeps_what_was_said_once_a_second_for_one_share) {
  const test::folder store;
  advice_book book(store.path());
  EXPECT_TRUE(book.keep({}, share_number{3}, "torn", 1'700'000'000s));
  EXPECT_TRUE(book.keep({}, share_number{3}, "torn again", 1'700'000'000s));
  EXPECT_TRUE(book.keep({}, share_number{4}, "", 1'700'000'000s));
  const auto folder = store / "corruption-advisories";
  EXPECT_EQ(files_in(folder), 2U);
  std::ifstream file(folder / "20231114T221320Z-aaaaaaaaaaaaaaaaaaaaaaaaaa-3");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, "share: aaaaaaaaaaaaaaaaaaaaaaaaaa-3\ntime: 20231114T221320Z\nreason:\ntorn\n");
}

TEST(advice_book, takes_a_thousand_and_no_more_also_after_a_restart) {
  const test::folder store;
  const auto folder = store / "corruption-advisories";
  std::filesystem::create_directory(folder);
  for (std::size_t i = 1; i < advice_book::files_max; ++i)
    std::ofstream(folder / std::to_string(i)) << "x";
  advice_book book(store.path());
  EXPECT_TRUE(book.keep({}, share_number{1}, "the last", 1s));
  const auto refused = book.keep({}, share_number{2}, "one too many", 1s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_large);
  EXPECT_EQ(files_in(folder), advice_book::files_max);
}
