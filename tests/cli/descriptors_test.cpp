#include "truckee/cli/terminal/descriptors.hpp"
#include "truckee/cli/terminal/standard_error.hpp"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace truckee::cli;

namespace {

/// Runs `what` in a child in which those of the three descriptors that have their bit in `closed` are closed; its answer.
template <class What>
int with_closed(unsigned closed, What what) {
  const auto child = ::fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd)
      if ((closed >> fd & 1U) != 0)
        ::close(fd);
    hold_standard_descriptors();
    ::_exit(what());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST(descriptors, closed_ones_are_nobody_elses_in_all_eight_ways) {
  for (unsigned closed = 0; closed < 8; ++closed)
    EXPECT_GT(with_closed(closed, [] { return ::open("/dev/null", O_RDONLY); }), 2) << closed;
}

TEST(descriptors, closed_standard_output_is_known_and_fails) {
  EXPECT_EQ(with_closed(0b010, [] { return is_writable(STDOUT_FILENO) ? 1 : 0; }), 0);
  EXPECT_EQ(with_closed(0b010, [] { return write_fully(STDOUT_FILENO, "secret"); }), EBADF);
  EXPECT_EQ(with_closed(0b111, [] { return write_fully(STDERR_FILENO, "lost"); }), 0) << "as with /dev/null";
  EXPECT_EQ(with_closed(0b001,
                        [] {
                          char c = 0;
                          return ::read(STDIN_FILENO, &c, 1) < 0 ? errno : 0;
                        }),
            EBADF);
}

TEST(descriptors, what_cannot_be_written_is_told_by_number) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(write_fully(full, "x"), ENOSPC);
  EXPECT_EQ(write_fully(full, ""), 0);
  ::close(full);
}

TEST(bottom_line, prints_nothing_that_moves_the_cursor_and_keeps_lines) {
  std::string written;
  bottom_line screen([&](std::string_view text) { written += text; });
  screen.print("truckee: no\x1b[31mpe\xff\nnext\n");
  EXPECT_EQ(written, "truckee: no\\x1b[31mpe\\xff\nnext\n");
  written.clear();
  screen.show("bar");
  screen.print("line\r\n");
  EXPECT_EQ(written, "\rbar\033[K\r\033[Kline\\x0d\nbar");
}
