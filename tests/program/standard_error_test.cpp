#include "program/support/program.hpp"

#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace truckee::test;

/// Standard error as a socket that keeps writes apart: what the program writes in one piece arrives as one
/// message. A line in two pieces is a line that another thread's line can tear.
namespace {

class pieces {
public:
  pieces() {
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_.data()) != 0)
      throw std::runtime_error("no socketpair");
  }
  ~pieces() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  pieces(const pieces&) = delete;
  pieces& operator=(const pieces&) = delete;

  int writer() const { return ends_[1]; }

  std::vector<std::string> all() const {
    std::vector<std::string> out;
    std::array<char, 65536> buffer{};
    for (pollfd ready{ends_[0], POLLIN, 0}; ::poll(&ready, 1, 0) == 1;) {
      const auto n = ::read(ends_[0], buffer.data(), buffer.size());
      if (n <= 0)
        break;
      out.emplace_back(buffer.data(), static_cast<std::size_t>(n));
    }
    return out;
  }

private:
  std::array<int, 2> ends_{};
};

class standard_error : public program_test {
protected:
  void expect_whole_lines(const pieces& from) {
    const auto all = from.all();
    EXPECT_FALSE(all.empty());
    for (const auto& piece : all)
      EXPECT_TRUE(piece.ends_with('\n')) << "in pieces: " << piece;
  }
};

} // namespace

TEST_F(standard_error, gets_whole_lines_of_a_put_that_is_logged) {
  const pieces err;
  truckee_into(err.writer(), {"--log-level", "debug", "put", file("content", "something"), "--metrics-listen",
                              "127.0.0.1:0"});
  expect_whole_lines(err);
}

TEST_F(standard_error, gets_whole_lines_of_a_failure) {
  const pieces err;
  truckee_into(err.writer(), {"get", "--cap-file", path("there-is-none")});
  expect_whole_lines(err);
}
