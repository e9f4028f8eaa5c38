#include "program/support/program.hpp"

using namespace truckee::test;

namespace {

/// Ten directories, whose files are kept strictly.
class strict_grid : public program_test {
protected:
  arguments on(const std::string& publish, arguments words) {
    std::string text = "[publish]\n" + publish;
    for (int i = 0; i < 10; ++i)
      text +=
          "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) + "\"\n";
    words.insert(words.begin(), {"--grid", file("grid.toml", text)});
    return words;
  }
  arguments strictly(arguments words) { return on("order = \"strict\"\n", std::move(words)); }
};

} // namespace

TEST_F(strict_grid, files_are_made_replaced_and_appended_to) {
  const auto cap = put_new("one\n", strictly({}));
  EXPECT_EQ(get(cap, strictly({})), "one\n");
  const auto appended = truckee(strictly({"append", "--cap-file", cap}), "two\n");
  EXPECT_EQ(appended.code, 0) << appended.err;
  EXPECT_EQ(get(cap, strictly({})), "one\ntwo\n");
  const auto put = truckee(strictly({"put", "--cap-file", cap, "-"}), "three\n");
  EXPECT_EQ(put.code, 0) << put.err;
  EXPECT_EQ(get(cap, strictly({})), "three\n");
  EXPECT_EQ(get(cap, on("order = \"in-place\"\n", {})), "three\n") << "other readers see a file like any";
}

TEST_F(strict_grid, answers_say_in_the_orders_words_what_they_are) {
  const auto cap = put_new("one\n", strictly({}));
  const auto put = truckee(strictly({"--json", "put", "--cap-file", cap, "-"}), "two\n");
  ASSERT_EQ(put.code, 0) << put.err;
  EXPECT_NE(put.out.find("\"outcome\": \"published\""), std::string::npos) << put.out;
  EXPECT_NE(put.out.find("\"needed\": 8"), std::string::npos) << put.out;
  const auto told = truckee(strictly({"put", "--cap-file", cap, "-"}), "three\n");
  EXPECT_NE(told.err.find("published: on "), std::string::npos) << told.err;
  EXPECT_NE(told.err.find(" of 10 servers, 8 needed"), std::string::npos) << told.err;
  const auto got = truckee(
      strictly({"--json", "get", "--confirmed", "--cap-file", cap, "-o", (place() / "copy").string()}));
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_NE(got.out.find("\"read\": \"confirmed\""), std::string::npos) << got.out;
  const auto check = truckee(strictly({"--json", "check", "--cap-file", cap}));
  EXPECT_NE(check.out.find("\"order\": \"strict\""), std::string::npos) << check.out;
  const auto never = truckee(on("order = \"in-place\"\n", {"get", "--confirmed", "--cap-file", cap}));
  EXPECT_EQ(never.code, 2) << never.err;
  EXPECT_NE(never.err.find("nothing confirms a version"), std::string::npos) << never.err;
}

TEST_F(strict_grid, another_setting_is_refused_by_the_file_and_an_impossible_one_by_the_grid_file) {
  const auto cap = put_new("one\n", strictly({}));
  const auto other = truckee(on("order = \"strict\"\nliars = 1\n", {"append", "--cap-file", cap}), "two\n");
  EXPECT_EQ(other.code, 2) << other.err;
  EXPECT_NE(other.err.find("another setting of the strict order"), std::string::npos) << other.err;
  const auto never = truckee(on("order = \"strict\"\nliars = 3\n", {"get", "--cap-file", cap}));
  EXPECT_EQ(never.code, 2) << never.err;
  EXPECT_NE(never.err.find("cannot be kept strictly"), std::string::npos) << never.err;
  EXPECT_EQ(get(cap, strictly({})), "one\n");
}

TEST_F(strict_grid, a_server_that_is_away_must_be_named_by_its_id) {
  const auto cap = put_new("one\n", strictly({}));
  std::filesystem::remove_all(place() / "s4");
  file("s4", "no directory any more");
  const auto no = truckee(strictly({"append", "--cap-file", cap}), "two\n");
  EXPECT_EQ(no.code, 2) << no.err;
  EXPECT_NE(no.err.find("s4 does not answer: name the id in the grid file"), std::string::npos) << no.err;
}
