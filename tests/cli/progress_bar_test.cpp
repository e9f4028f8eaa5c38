#include "truckee/cli/terminal/progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

using namespace truckee::cli;

namespace {

progress_state sending() {
  return {.stage = "Sending shares",
          .fraction = 0.5,
          .placed = 7,
          .goal = 10,
          .bytes_done = 5 << 20,
          .bytes_total = 10 << 20,
          .elapsed = seconds{2}};
}

/// What `display` wrote.
struct screen {
  std::string text;
  std::shared_ptr<bottom_line> writer() {
    return std::make_shared<bottom_line>([this](std::string_view more) { text += more; });
  }
};

progress_state at(double elapsed, std::size_t placed = 1) {
  auto out = sending();
  out.elapsed = seconds{elapsed};
  out.placed = placed;
  return out;
}

} // namespace

TEST(progress_bar, says_stage_shares_rate_and_time_left) {
  EXPECT_EQ(render(sending(), {.width = 80}),
            "Sending shares  ##############...............  7/10 shares  0:02 left  2.5 MiB/s");
  EXPECT_EQ(render(sending(), {.width = 60, .unicode = true}),
            "Sending shares  ██████████░░░░░░░░░░  7/10 shares  0:02 left");
  EXPECT_EQ(render_plain(sending()), "Sending shares: 7/10 shares, 0:02 left, 2.5 MiB/s");
}

TEST(progress_bar, leaves_out_what_does_not_fit) {
  EXPECT_EQ(render(sending(), {.width = 29}), "Sending shares  7/10 shares");
  EXPECT_EQ(render(sending(), {.width = 20}), "Sending shares");
  EXPECT_EQ(render(sending(), {.width = 7}), "Sending");
}

TEST(progress_bar, knows_nothing_of_shares_before_there_is_a_goal) {
  progress_state s{.stage = "Encoding", .fraction = 0.259};
  EXPECT_EQ(render_plain(s), "Encoding: 25 %");
  s.fraction = std::nan("");
  EXPECT_EQ(render_plain(s), "Encoding: 0 %");
}

TEST(progress_bar, color_changes_no_width) {
  const auto plain = render(sending(), {.width = 80});
  const auto colored = render(sending(), {.width = 80, .color = true});
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\033')
      i = colored.find('m', i);
    else
      stripped += colored[i];
  }
  EXPECT_NE(colored, plain);
  EXPECT_EQ(stripped, plain);
}

RC_GTEST_PROP(progress_bar, is_never_wider_than_asked, ()) {
  progress_state s;
  s.stage = *rc::gen::arbitrary<std::string>();
  s.fraction = *rc::gen::arbitrary<double>();
  s.placed = *rc::gen::inRange<std::size_t>(0, 300);
  s.goal = *rc::gen::inRange<std::size_t>(0, 300);
  s.bytes_done = *rc::gen::arbitrary<std::uint64_t>();
  s.bytes_total = *rc::gen::arbitrary<std::uint64_t>();
  s.elapsed = seconds{*rc::gen::inRange(0, 1'000'000) / 100.0};
  const auto width = *rc::gen::inRange<std::size_t>(1, 200);
  const auto line = render(s, {.width = width});
  RC_ASSERT(line.size() <= width);
  RC_ASSERT(line.find_first_of("\n\r\033") == std::string::npos);
}

TEST(progress_display, shows_no_bar_for_what_is_over_at_once) {
  screen s;
  progress_display d{{.terminal = true, .style = {.width = 81}}, s.writer()};
  d.update(at(0.01));
  d.update(at(0.19));
  d.finish("published");
  EXPECT_EQ(s.text, "published\n");
}

TEST(progress_display, redraws_one_line_and_takes_it_away) {
  screen s;
  {
    progress_display d{{.terminal = true, .style = {.width = 81}}, s.writer()};
    d.update(at(0.2, 1));
    d.update(at(0.21, 2));
    const auto once = s.text;
    EXPECT_EQ(once.find("2/10"), std::string::npos) << "too soon to draw again";
    d.update(at(0.3, 3));
    EXPECT_NE(s.text.find("3/10"), std::string::npos);
    EXPECT_EQ(s.text.find('\n'), std::string::npos);
  }
  EXPECT_TRUE(s.text.ends_with("\r\033[K")) << "an error must not be printed into the bar";
}

TEST(progress_display, writes_plain_lines_now_and_then_where_there_is_no_terminal) {
  screen s;
  progress_display d{{}, s.writer()};
  for (int i = 0; i < 120; ++i)
    d.update(at(i * 0.1, static_cast<std::size_t>(i / 10)));
  d.finish("published");
  EXPECT_EQ(s.text.find('\r'), std::string::npos);
  EXPECT_EQ(s.text.find('\033'), std::string::npos);
  EXPECT_EQ(std::count(s.text.begin(), s.text.end(), '\n'), 3) << s.text;
}

TEST(progress_display, a_pipe_is_no_terminal) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(facts_of(ends[1]).terminal);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(human, numbers_are_read_at_a_glance) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(1.5 * 1024 * 1024 * 1024), "1.5 GiB");
  EXPECT_EQ(human_time(seconds{0}), "0:00");
  EXPECT_EQ(human_time(seconds{6.1}), "0:07");
  EXPECT_EQ(human_time(seconds{754}), "12:34");
  EXPECT_EQ(human_time(seconds{3723}), "1:02:03");
  EXPECT_EQ(human_time(seconds{-1}), "0:00");
}
