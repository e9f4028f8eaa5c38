#include "program/support/program.hpp"

#include <csignal>
#include <thread>

using namespace truckee::test;

namespace {

class closed_descriptors : public program_test {
protected:
  process& closed(unsigned which, const arguments& words) {
    return start_with([&](process_options& how) { how.closed = which; }, words);
  }
  /// Share files of the embedded grid.
  std::size_t shares() const {
    std::size_t out = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data() / "truckee" / "grid", none))
      out += entry.is_regular_file() && entry.path().string().find("/shares/") != std::string::npos;
    return out;
  }
  bool log_has(const std::string& name, const std::string& text) const {
    return content(name).find(text) != std::string::npos;
  }
};

constexpr unsigned in = 1;
constexpr unsigned out = 2;
constexpr unsigned err = 4;

} // namespace

TEST_F(closed_descriptors, a_service_runs_as_with_dev_null_in_all_eight_ways) {
  for (unsigned which = 0; which < 8; ++which) {
    const auto n = std::to_string(which);
    auto& server = closed(which, {"--log-file", path("log" + n), "--log-level", "debug", "storage",
                                  "--directory", path("s" + n), "--listen", "127.0.0.1:0"});
    for (int i = 0; i < 2000 && server.running() && !log_has("log" + n, "event=listening"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(log_has("log" + n, "event=listening")) << which << content("log" + n);
    // The line is said just before signals are waited for.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait().code, 0) << which;
    EXPECT_TRUE(log_has("log" + n, "event=stopping")) << which << content("log" + n);
    for (const auto& line : lines_of(content("log" + n)))
      EXPECT_TRUE(line.starts_with("time=")) << which << ": somebody else wrote into the log: " << line;
  }
}

TEST_F(closed_descriptors, nothing_is_published_where_the_capability_could_not_be_given) {
  for (const unsigned which : {out, in | out, out | err, in | out | err}) {
    const auto done = closed(which, {"--log-file", path("log"), "put", file("f", "something")}).wait();
    EXPECT_EQ(done.code, 1) << which;
    if ((which & err) == 0) {
      EXPECT_NE(done.err.find("standard output is closed"), std::string::npos) << done.err;
    }
    EXPECT_EQ(content("log").find("URI:"), std::string::npos) << content("log");
  }
  EXPECT_EQ(shares(), 0U);
}

TEST_F(closed_descriptors, content_goes_nowhere_else) {
  const auto cap = put_new("the content");
  const auto done = closed(out, {"--log-file", path("log"), "get", "--cap-file", cap}).wait();
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(done.err.find("standard output is closed"), std::string::npos) << done.err;
  EXPECT_EQ(content("log").find("the content"), std::string::npos);
  for (const unsigned which : {out, in | out, in | out | err})
    EXPECT_EQ(closed(which, {"get", "--cap-file", cap, "-o", path("copy")}).wait().code, 0)
        << "it is not needed";
  EXPECT_EQ(content("copy"), "the content");
}

TEST_F(closed_descriptors, standard_input_that_is_closed_is_said) {
  const auto done = closed(in, {"put", "-"}).wait();
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_NE(done.err.find("standard input is closed"), std::string::npos) << done.err;
}

TEST_F(closed_descriptors, exit_codes_are_the_same_without_standard_error) {
  EXPECT_EQ(closed(err, {"get", "--cap-file", path("none")}).wait().code, 2);
  const auto cap = put_new("content");
  EXPECT_EQ(closed(err, {"check", "--cap-file", cap}).wait().code, 0);
}
