#include "test_folder.hpp"
#include "truckee/actors/node/client.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

/// A host whose configuration has Truckee's options in it.
using namespace truckee;
using namespace std::chrono_literals;

namespace {

struct host_config : caf::actor_system_config {
  host_config() {
    truckee::register_types();
    truckee::register_types(*this);
    truckee::add_options(*this, archive);
  }
  caf::error read(std::vector<std::string> arguments, const std::string& file = {}) {
    std::istringstream in(file);
    return parse(std::move(arguments), in);
  }
  client_options archive;
};

} // namespace

TEST(host_options, are_in_cafs_own_help) {
  host_config config;
  testing::internal::CaptureStdout();
  const auto wrong = config.read({"--long-help"});
  const auto text = testing::internal::GetCapturedStdout();
  EXPECT_FALSE(wrong);
  for (const auto* name :
       {"truckee.grid-file", "truckee.data-home", "truckee.patience", "truckee.keys-ready",
        "truckee.kept-buffer-bytes", "truckee.compute-threads", "truckee.blocking-threads"})
    EXPECT_NE(text.find(name), std::string::npos) << name << " is not in\n" << text;
}

TEST(host_options, arrive_from_the_file_and_the_command_line_which_wins) {
  host_config config;
  const std::string lines = "keys-ready = 3\ncompute-threads = 2\npatience = 5s\n"
                            "grid-file = \"/etc/host/grid.toml\"\nkept-buffer-bytes = 1024\n";
#if TRUCKEE_CAF_1
  const auto file = "truckee {\n" + lines + "}\n";
#else
  const auto file = "[truckee]\n" + lines;
#endif
  const auto wrong = config.read({"--truckee.keys-ready=7", "--truckee.data-home=/var/lib/host"}, file);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(config.archive.keys_ready, 7U);
  EXPECT_EQ(config.archive.data_home, "/var/lib/host");
  EXPECT_EQ(config.archive.threads.compute, 2U);
  EXPECT_EQ(config.archive.threads.blocking, thread_limits{}.blocking) << "not said";
  EXPECT_EQ(config.archive.patience, 5s);
  EXPECT_EQ(config.archive.grid_file, "/etc/host/grid.toml");
  EXPECT_EQ(config.archive.kept_buffer_bytes_max, 1024U);
}

TEST(host_options, of_another_type_are_refused) {
  host_config config;
  EXPECT_TRUE(config.read({"--truckee.keys-ready=many"}));
  EXPECT_EQ(config.archive.keys_ready, 0U);
}

TEST(host_options, a_client_runs_with_the_grid_file_they_name) {
  test::folder home;
  const auto file = home / "grid.toml";
  std::ofstream(file)
      << "[encoding]\nneeded = 1\ntotal = 2\nhappy = 2\n[[server]]\nname = \"a\"\ndirectory = \"a\"\n"
         "[[server]]\nname = \"b\"\ndirectory = \"b\"\n";
  host_config config;
  ASSERT_FALSE(
      config.read({"--truckee.grid-file=" + file.string(), "--truckee.data-home=" + home.path().string()}));
  caf::actor_system system(config);
  auto files = client::spawn(system, config.archive);
  ASSERT_TRUE(files) << to_string(files.error());
  const auto put = files->ask(messages::publish_request{.content = shared_bytes::copy_of("Hello, lake!")});
  EXPECT_EQ(put.placed.size(), 2U) << to_string(put.failure);
  config.archive.grid_file = home / "missing.toml";
  const auto no = client::spawn(system, config.archive);
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().code, errc::configuration);
}
