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

TEST_F(strict_grid, check_change_says_the_way_and_refuses_what_is_not_proved) {
  const auto grid = [](const std::string& publish, const std::string& fourth) {
    std::string text = "[publish]\norder = \"strict\"\n" + publish;
    for (int i = 0; i < 10; ++i) {
      const std::string id(32, static_cast<char>('a' + i));
      text += i == 3 ? fourth
                     : "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" +
                           std::to_string(i) + "\"\nid = \"" + id + "\"\n";
    }
    return text;
  };
  const std::string was =
      "[[server]]\nname = \"s3\"\ndirectory = \"s3\"\nid = \"" + std::string(32, 'd') + "\"\n";
  const std::string comes =
      "[[server]]\nname = \"new\"\ndirectory = \"new\"\nid = \"" + std::string(32, 'q') + "\"\n";
  const auto seeded = comes + "permutation-seed = \"" + std::string(32, 'd') + "\"\n";
  const auto check = [&](const std::string& old, const std::string& next, const arguments& more = {}) {
    arguments words{"grid", "check-change", file("old.toml", old), file("new.toml", next)};
    words.insert(words.begin(), more.begin(), more.end());
    return truckee(words);
  };
  const auto way = check(grid("", was), grid("", seeded));
  EXPECT_EQ(way.code, 0) << way.err;
  EXPECT_NE(way.out.find("2. Take the old one with liars = 1"), std::string::npos) << way.out;
  EXPECT_NE(way.out.find("must never write at the same time"), std::string::npos) << way.out;
  const auto step = check(grid("liars = 1\n", was), grid("liars = 1\n", seeded), {"--json"});
  EXPECT_EQ(step.code, 0) << step.err;
  EXPECT_NE(step.out.find("\"may_meet\": true"), std::string::npos) << step.out;
  EXPECT_NE(step.out.find("\"way\": \"exchange\""), std::string::npos) << step.out;
  const auto elsewhere = check(grid("", was), grid("", comes));
  EXPECT_EQ(elsewhere.code, 2) << elsewhere.out;
  EXPECT_NE(elsewhere.err.find("does not come at the place of \"s3\""), std::string::npos) << elsewhere.err;
  EXPECT_NE(elsewhere.err.find("make new ones with the new one"), std::string::npos) << elsewhere.err;
}
