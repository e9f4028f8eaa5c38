#include "grid/model_grid.hpp"
#include "truckee/grid/file/own_versions.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::version;

namespace {

byte_view text(std::string_view x) {
  return std::as_bytes(std::span(x));
}

/// An append of `added` to `before`, sent as version 5.
sent_version sent(std::string_view before, std::string_view added, bool readable = true) {
  return {version(5, 7), readable, mark_of(text(before)),
          mark_of(text(std::string(before) + std::string(added)))};
}

presence in(const sent_version& ours, const file_version& found, std::string_view content,
            std::string_view added) {
  return presence_in(std::vector{ours}, found, text(content), text(added));
}

} // namespace

TEST(content_mark, is_recognised_at_the_beginning_only) {
  const auto mark = mark_of(text("ab"));
  EXPECT_TRUE(mark.begins(text("ab")));
  EXPECT_TRUE(mark.begins(text("abc")));
  EXPECT_FALSE(mark.begins(text("a")));
  EXPECT_FALSE(mark.begins(text("xab")));
  EXPECT_TRUE(mark_of({}).begins(text("a")));
}

TEST(own_versions, where_nothing_was_sent_nothing_is_contained) {
  EXPECT_EQ(presence_in({}, version(9), text("aa"), text("a")), presence::absent);
  EXPECT_EQ(presence_in({}, version(9)), presence::absent);
  EXPECT_EQ(effect_of_failure({}), effect::not_applied);
}

TEST(own_versions, our_own_version_is_known_by_its_root) {
  EXPECT_EQ(presence_in({sent("a", "b")}, version(5, 7)), presence::contained);
  EXPECT_EQ(presence_in({sent("a", "b", false)}, version(5, 7)), presence::contained);
}

TEST(own_versions, an_earlier_try_counts_as_much_as_the_last) {
  auto later = sent("ax", "b");
  later.version = version(7, 7);
  EXPECT_EQ(presence_in({sent("a", "b"), later}, version(5, 7)), presence::contained);
  EXPECT_EQ(presence_in({sent("a", "b"), later}, version(8, 9), text("aby"), text("b")), presence::contained);
}

TEST(own_versions, a_later_writer_who_appended_to_ours_is_recognised) {
  EXPECT_EQ(in(sent("a", "b"), version(6, 9), "abc", "b"), presence::contained);
  EXPECT_EQ(in(sent("", "b"), version(6, 9), "bc", "b"), presence::contained);
}

TEST(own_versions, a_later_writer_who_did_not_see_ours_is_recognised) {
  EXPECT_EQ(in(sent("a", "b"), version(6, 9), "acd", "b"), presence::absent);
}

// Whoever read ours wrote a higher number: a version beside ours cannot be built on it, whatever it looks like.
TEST(own_versions, a_version_of_no_higher_number_is_not_built_on_ours) {
  EXPECT_EQ(in(sent("a", "b"), version(5, 9), "ab", "b"), presence::absent);
  EXPECT_EQ(in(sent("a", "b"), version(4, 9), "abc", "b"), presence::absent);
}

TEST(own_versions, what_nobody_could_read_is_below_nothing) {
  EXPECT_EQ(in(sent("a", "b", false), version(6, 9), "abc", "b"), presence::absent);
}

// The same line appended by two operations of one writer: the second looks for its own place, not for the line.
TEST(own_versions, the_same_bytes_of_an_earlier_operation_are_not_ours) {
  EXPECT_EQ(in(sent("xx", "x"), version(6, 9), "xxy", "x"), presence::absent);
  EXPECT_EQ(in(sent("xx", "x"), version(6, 9), "xxxy", "x"), presence::contained);
}

TEST(own_versions, somebody_who_rewrote_the_file_may_have_kept_ours) {
  EXPECT_EQ(in(sent("a", "b"), version(6, 9), "head a b", "b"), presence::unclear);
  EXPECT_EQ(in(sent("a", "b"), version(6, 9), "acb", "b"), presence::unclear); // or appended the same
  EXPECT_EQ(in(sent("", "b"), version(6, 9), "head b", "b"), presence::unclear);
}

TEST(own_versions, somebody_who_rewrote_the_file_without_our_bytes_did_not_keep_them) {
  EXPECT_EQ(in(sent("a", "b"), version(6, 9), "new", "b"), presence::absent);
  EXPECT_EQ(in(sent("b", "b"), version(6, 9), "bc", "b"), presence::absent); // those before are not ours
}

TEST(own_versions, what_is_written_over_as_a_whole_may_have_been_read_and_does_not_come_again) {
  auto ours = sent("a", "b");
  ours.base_stays = true; // so that "a" goes by a whole new content only
  EXPECT_EQ(in(ours, version(6, 9), "new", "b"), presence::unclear);
  EXPECT_EQ(in(ours, version(6, 9), "ac", "b"), presence::absent) << "others only appended";
  ours.readable = false;
  EXPECT_EQ(in(ours, version(6, 9), "new", "b"), presence::absent);
}

TEST(own_versions, of_an_overwrite_only_its_name_says_something) {
  const sent_version ours{version(5, 7), true, {}, {}};
  EXPECT_EQ(presence_in({ours}, version(5, 7)), presence::contained);
  EXPECT_EQ(presence_in({ours}, version(5, 9)), presence::absent);
  EXPECT_EQ(presence_in({ours}, version(6, 9)), std::nullopt);
  EXPECT_EQ(presence_in({ours}, version(6, 9), text("c"), {}), presence::unclear);
}

TEST(own_versions, a_failure_says_whether_somebody_can_have_read_ours) {
  EXPECT_EQ(effect_of_failure({sent("a", "b", false)}), effect::not_applied);
  EXPECT_EQ(effect_of_failure({sent("a", "b", true), sent("a", "b", false)}), effect::may_be_applied);
}

TEST(presence, an_append_that_was_sent_in_part_is_known_by_its_bytes_in_their_place) {
  const auto numbered = [](std::uint64_t sequence) {
    grid::file_version out;
    out.sequence = {sequence};
    return out;
  };
  grid::sent_version ours{numbered(2), true};
  ours.added_at = 4;
  const auto where = [&](std::string_view content) {
    return grid::presence_in({ours}, numbered(3), as_bytes(content), as_bytes("new"));
  };
  EXPECT_EQ(where("old new"), grid::presence::contained);
  EXPECT_EQ(where("old newer"), grid::presence::contained);
  EXPECT_EQ(where("old other"), grid::presence::absent);
  EXPECT_EQ(where("old"), grid::presence::absent);
  EXPECT_EQ(where("older new"), grid::presence::unclear) << "somebody may have moved it";
}
