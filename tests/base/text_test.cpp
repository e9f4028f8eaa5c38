#include "truckee/base/text.hpp"

#include <gtest/gtest.h>
#include <vector>

using namespace truckee;

TEST(text, escaped_moves_no_cursor_and_is_one_line) {
  EXPECT_EQ(escaped("no\x1b[31mpe"), "no\\x1b[31mpe");
  EXPECT_EQ(escaped("a\nb\r\tc"), "a\\nb\\x0d\\x09c");
  EXPECT_EQ(escaped(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(escaped("\xc2\x9b"
                    "31m"),
            "\\xc2\\x9b31m")
      << "a control character of Latin-1";
  EXPECT_EQ(escaped("\xe2\x80\xae"
                    "fdp"),
            "\\xe2\\x80\\xaefdp")
      << "turns the direction";
}

TEST(text, escaped_keeps_what_people_read) {
  EXPECT_EQ(escaped("Straße – 雪 🏔"), "Straße – 雪 🏔");
  EXPECT_EQ(escaped_lines("two\nlines\x1b\n"), "two\nlines\\x1b\n");
}

TEST(text, what_is_not_utf8_is_shown_byte_by_byte) {
  EXPECT_EQ(escaped("odd\xff"), "odd\\xff");
  EXPECT_EQ(escaped("cut\xe2\x82"), "cut\\xe2\\x82");
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(escaped("\xffgood\xc3\xa4"), "\\xffgood\xc3\xa4");
}

TEST(text, utf8_length_is_that_of_the_first_character) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("a\xff"), 1U);
  EXPECT_EQ(utf8_length("\xc3\xa4x"), 2U);
  EXPECT_EQ(utf8_length("\xe9\x9b\xaa"), 3U);
  EXPECT_EQ(utf8_length("\xf0\x9f\x8f\x94"), 4U);
  EXPECT_EQ(utf8_length("\x80"), 0U);
}

TEST(text, a_home_is_the_shells_to_put_in) {
  EXPECT_EQ(unexpanded_home("~/x", "write it out"), "\"~\" stands for a home in a shell only; write it out");
  EXPECT_TRUE(unexpanded_home("~", "") && unexpanded_home("~other/x", ""));
  EXPECT_FALSE(unexpanded_home("", "") || unexpanded_home("./~/x", "") || unexpanded_home("a~", ""));
}

TEST(text, some_of_many_names_are_shown_and_the_rest_counted) {
  std::vector<std::string> names;
  EXPECT_EQ(some_of(names), "");
  names = {"a", "b", "c"};
  EXPECT_EQ(some_of(names, 2), "a, b, c") << "the last one is shorter than \"and 1 more\"";
  names.resize(100, "x");
  EXPECT_EQ(some_of(names, 3), "a, b, c and 97 more");
}
