#include "program/support/program.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace truckee::test;

namespace {

/// Files that the program reads, writes, or must leave alone.
class files : public program_test {
protected:
  unsigned mode_of(const std::string& name) const {
    struct stat info {};
    return ::stat(path(name).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
  }
  std::size_t entries(const std::string& name) const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path(name)),
                                                  std::filesystem::directory_iterator()));
  }
  void refused(const std::string& kept, const arguments& words) {
    const auto before = content(kept);
    const auto done = truckee(words);
    EXPECT_EQ(done.code, 2) << done.err;
    EXPECT_NE(done.err.find("is also what is read"), std::string::npos) << done.err;
    EXPECT_EQ(content(kept), before) << kept;
  }
  static constexpr const char* one_server =
      "[[server]]\nname = \"a\"\ndirectory = \"a\"\n[encoding]\nneeded = 1\n"
      "total = 1\nhappy = 1\n";
};

} // namespace

TEST_F(files, nothing_that_is_read_is_written_over) {
  const auto cap = put_new("hello");
  std::filesystem::create_symlink("cap-1", path("soft"));
  std::filesystem::create_hard_link(cap, path("hard"));
  for (const auto* name : {"cap-1", "soft", "hard", "./cap-1"})
    refused("cap-1", {"get", "--cap-file", cap, "-o", name});
  refused("cap-1", {"--log-file", cap, "get", "--cap-file", cap, "-o", path("other")});
  refused("cap-1", {"--log-file", cap, "check", "--cap-file", cap});
  refused("cap-1", {"--log-file", path("hard"), "cap", "--cap-file", cap});
  refused("f", {"--log-file", file("f", "to be published"), "put", path("f")});
  file("grid.toml", one_server);
  refused("grid.toml", {"--grid", path("grid.toml"), "get", "--cap-file", cap, "-o", path("grid.toml")});
  refused("grid.toml", {"--grid", path("grid.toml"), "--log-file", path("grid.toml"), "put", path("f")});
  const auto password = file("password", "secret\n");
  refused("password", {"get", "--cap-file", cap, "-o", password, "--metrics-listen", "127.0.0.1:0",
                       "--metrics-user", "u", "--metrics-password-file", password});
  EXPECT_EQ(get(cap), "hello");
}

TEST_F(files, standard_output_is_no_input_either) {
  const auto cap = put_new("hello");
  const int append = ::open(cap.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const auto done =
      truckee_with([&](process_options& how) { how.output_descriptor = append; }, {"get", "--cap-file", cap});
  ::close(append);
  EXPECT_EQ(done.code, 2) << done.err;
  EXPECT_EQ(get(cap), "hello");
}

TEST_F(files, a_private_file_stays_private) {
  const auto cap = put_new("hello");
  for (const mode_t mode : {0600U, 0640U, 0400U}) {
    file("copy", "old");
    ASSERT_EQ(::chmod(path("copy").c_str(), mode), 0);
    EXPECT_EQ(truckee({"get", "--cap-file", cap, "-o", path("copy")}).code, 0);
    EXPECT_EQ(mode_of("copy"), mode);
    EXPECT_EQ(content("copy"), "hello");
    std::filesystem::remove(path("copy"));
  }
}

TEST_F(files, long_names_are_written_and_impossible_ones_are_said_before_anything_is_read) {
  const auto cap = put_new("hello");
  const std::string name(250, 'n');
  EXPECT_EQ(truckee({"get", "--cap-file", cap, "-o", path(name)}).code, 0);
  EXPECT_EQ(content(name), "hello");
  std::filesystem::remove_all(data()); // whoever looks for the file finds nothing, and would say so
  std::filesystem::create_directory(path("folder"));
  for (const auto& [output, says] : std::vector<std::pair<std::string, std::string>>{
           {path("folder"), "is a folder"},
           {path("none/x"), "No such file"},
           {path(std::string(256, 'n')), "File name too long"}}) {
    const auto done = truckee({"get", "--cap-file", cap, "-o", output});
    EXPECT_NE(done.err.find(says), std::string::npos) << done.err;
    EXPECT_EQ(done.err.find("no server has"), std::string::npos) << done.err;
    EXPECT_TRUE(done.code == 1 || done.code == 2) << done.code;
  }
}

TEST_F(files, nothing_is_left_of_an_output_whatever_ends_the_program) {
  std::filesystem::create_directory(path("out"));
  file("out/copy", "old");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGKILL}) {
    // It waits for its capability, and has the output open.
    auto& get = start({"get", "--cap-file", path("pipe"), "-o", path("out/copy")});
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ASSERT_TRUE(get.running()) << get.err();
    get.signal(number);
    EXPECT_EQ(get.wait(process::seconds(5)).signal, number);
    EXPECT_EQ(entries("out"), 1U) << number;
    EXPECT_EQ(content("out/copy"), "old");
  }
}

TEST_F(files, what_is_too_large_is_refused_before_it_is_read) {
  const auto sparse = file("sparse", "");
  ASSERT_EQ(::truncate(sparse.c_str(), off_t{5} << 30), 0);
  const auto done = truckee({"put", sparse});
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(done.err.find("sparse has more than 1073741824 bytes"), std::string::npos) << done.err;
  EXPECT_LT(done.seconds, 2) << "it was read";
}

TEST_F(files, a_grid_file_in_the_working_folder_keeps_its_secret_beside_it) {
  file("g.toml", std::string("[client]\nlease-secret = \"lease-secret\"\n") + one_server);
  const auto done = truckee({"--grid", "g.toml", "put", file("f", "hello")});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(mode_of("lease-secret"), 0600U);
}

TEST_F(files, reading_needs_no_home_and_makes_none) {
  file("g.toml", one_server);
  const auto cap = put_new("hello", {"--grid", path("g.toml")});
  std::filesystem::remove_all(data());
  environment_ = {{"HOME", ""}, {"XDG_DATA_HOME", ""}};
  EXPECT_EQ(get(cap, {"--grid", path("g.toml")}), "hello");
  EXPECT_EQ(truckee({"--grid", path("g.toml"), "verify", "--cap-file", cap}).code, 0);
  EXPECT_EQ(truckee({"--grid", path("g.toml"), "put", "--cap-file", cap, file("n", "new")}).code, 2)
      << "a writer needs one";
  environment_.clear();
  EXPECT_EQ(get(cap, {"--grid", path("g.toml")}), "hello");
  EXPECT_FALSE(std::filesystem::exists(data())) << "a lease secret was made";
}

TEST_F(files, reading_from_another_home_makes_nothing_there_and_says_where_it_looked) {
  const auto cap = put_new("hello");
  environment_ = {{"XDG_DATA_HOME", path("other")}};
  for (const auto* command : {"get", "check", "verify"}) {
    const auto done = truckee({command, "--cap-file", cap});
    EXPECT_EQ(done.code, 4) << done.err;
    EXPECT_NE(done.err.find("the grid inside this program, in " + path("other") + "/truckee/grid"),
              std::string::npos)
        << done.err;
    EXPECT_FALSE(std::filesystem::exists(path("other"))) << command;
  }
  const auto debug = truckee({"debug", "leases", "--cap-file", cap});
  EXPECT_EQ(debug.code, 0) << debug.err;
  EXPECT_FALSE(std::filesystem::exists(path("other")));
}

TEST_F(files, a_secret_that_others_may_read_is_warned_of) {
  const auto cap = put_new("hello");
  for (const auto& [mode, warns] :
       {std::pair{0600U, false}, std::pair{0644U, true}, std::pair{0640U, true}, std::pair{0400U, false}}) {
    ASSERT_EQ(::chmod(cap.c_str(), mode), 0);
    for (const auto* command : {"get", "cap"}) {
      const auto done = truckee({command, "--cap-file", cap});
      EXPECT_EQ(done.code, 0);
      EXPECT_EQ(done.err.find("warning: " + cap) != std::string::npos, warns) << mode << done.err;
    }
  }
}

TEST_F(files, a_port_that_is_taken_is_said_and_nothing_is_made) {
  auto& first = start({"storage", "--directory", path("first"), "--listen", "127.0.0.1:0"});
  auto at = first.wait_for("listening on ");
  at = at.substr(0, at.find(' '));
  const auto second = truckee({"storage", "--directory", path("second"), "--listen", at});
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("cannot listen on " + at + ": another program listens there"), std::string::npos)
      << second.err;
  EXPECT_FALSE(std::filesystem::exists(path("second")));
  const auto gateway = truckee({"gateway", "--listen", at});
  EXPECT_NE(gateway.err.find("another program listens there"), std::string::npos) << gateway.err;
  EXPECT_FALSE(std::filesystem::exists(data()));
}
