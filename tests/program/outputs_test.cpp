#include "program/support/program.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

using namespace truckee::test;

namespace {

/// What is printed where it cannot be printed, and what must not be printed as it is.
class outputs : public program_test {
protected:
  /// With standard output in a descriptor, which is closed then.
  process_result into(int descriptor, const arguments& words) {
    auto done = truckee_with([&](process_options& how) { how.output_descriptor = descriptor; }, words);
    ::close(descriptor);
    return done;
  }
  static int full() { return ::open("/dev/full", O_WRONLY | O_CLOEXEC); }
  /// A pipe nobody reads any more.
  static int broken() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::close(ends[0]);
    return ends[1];
  }
  std::vector<arguments> that_print(const std::string& cap) {
    return {{"cap", "--cap-file", cap, "--read-only"},
            {"--json", "cap", "--cap-file", cap},
            {"get", "--cap-file", cap},
            {"check", "--cap-file", cap},
            {"--json", "verify", "--cap-file", cap},
            {"--json", "repair", "--cap-file", cap},
            {"--json", "append", "--cap-file", cap, file("more", "more")},
            {"--json", "put", "--cap-file", cap, file("next", "next")},
            {"debug", "leases", "--cap-file", cap},
            {"certs", path("certs"), "a"},
            {"--grid",
             file("grid.toml", "[[server]]\nname = \"a\"\ndirectory = \"a\"\n[encoding]\nneeded = 1\n"
                               "total = 1\nhappy = 1\n"),
             "grid", "targets"},
            {"help", "--man"},
            {"--help"},
            {"put", "--help"},
            {"--version"}};
  }
};

} // namespace

TEST_F(outputs, a_result_that_cannot_be_written_is_an_error) {
  for (const auto& words : that_print(put_new("content"))) {
    const auto done = into(full(), words);
    EXPECT_EQ(done.code, 1) << words.front() << " " << words[1] << ": " << done.err;
    EXPECT_NE(done.err.find("cannot write to standard output: No space left on device"), std::string::npos)
        << words.front() << ": " << done.err;
  }
}

TEST_F(outputs, a_reader_that_has_gone_is_no_fault) {
  for (const auto& words : that_print(put_new("content"))) {
    const auto done = into(broken(), words);
    EXPECT_EQ(done.signal, SIGPIPE) << words.front() << ": " << done.code << done.err;
    EXPECT_EQ(done.err.find("Broken pipe"), std::string::npos) << words.front() << ": " << done.err;
  }
}

TEST_F(outputs, a_new_file_whose_capability_cannot_be_written_is_told_of) {
  for (const auto& words :
       {arguments{"put", file("f", "content")}, arguments{"--json", "put", file("f", "content")}})
    for (const int output : {full(), broken()}) {
      const auto done = into(output, words);
      EXPECT_EQ(done.code, 1) << done.err;
      EXPECT_NE(done.err.find("was published, and nobody has its capability"), std::string::npos) << done.err;
      EXPECT_EQ(done.err.find("URI:SSK:"), std::string::npos) << done.err;
    }
}

TEST_F(outputs, what_a_server_says_costs_nobody_the_capability) {
  std::string grid = "[encoding]\nneeded = 1\ntotal = 2\nhappy = 1\n";
  for (const std::string name : {"odd\xff", "good"}) {
    auto& server = start({"storage", "--directory", path(name), "--listen", "127.0.0.1:0"});
    const auto at = server.wait_for("listening on ");
    grid +=
        "[[server]]\nname = \"" + name.substr(0, 3) + "\"\ncaf = \"" + at.substr(0, at.find(' ')) + "\"\n";
  }
  std::filesystem::rename(path("odd\xff/shares"), path("moved"));
  std::ofstream(path("odd\xff/shares"));
  file("grid.toml", grid);
  const auto done = truckee({"--grid", path("grid.toml"), "--json", "put", file("f", "content")});
  EXPECT_EQ(done.code, 0) << done.err;
  const auto reply = nlohmann::json::parse(done.out, nullptr, false);
  ASSERT_FALSE(reply.is_discarded()) << done.out;
  EXPECT_NE(done.out.find("odd\xef\xbf\xbd"), std::string::npos)
      << "the server was asked, and said its path: " << done.out;
  const auto cap = file("cap", reply["write_cap"].get<std::string>());
  EXPECT_EQ(get(cap, {"--grid", path("grid.toml")}), "content");
}

TEST_F(outputs, names_of_files_move_no_cursor) {
  const std::string bad = "no\x1b[31mpe\nsecond line\x9b"
                          "1m";
  for (const auto& words :
       {arguments{"put", bad}, arguments{"get", "--cap-file", bad}, arguments{bad},
        arguments{"--grid", bad, "put"}, arguments{"--log-file", bad + "/log", "put", file("f", "x")},
        arguments{"put", "--no" + bad}}) {
    const auto done = truckee(words);
    EXPECT_NE(done.code, 0);
    EXPECT_NE(done.err.find("no\\x1b[31mpe\\nsecond line\\x9b1m"), std::string::npos) << done.err;
    EXPECT_EQ(done.err.find('\x1b'), std::string::npos) << done.err;
    EXPECT_EQ(done.err.find("\nsecond"), std::string::npos) << done.err;
  }
}
