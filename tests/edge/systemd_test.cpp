#include "edge/tools.hpp"
#include "test_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>

using namespace truckee::test;

// Without a running systemd: systemd-analyze reads the files alone. That the program says that it is ready
// and alive is proved by tests/program/service_test.cpp, which listens in systemd's place.
namespace {

struct unit {
  std::string file;    ///< in configs/systemd
  std::string started; ///< as it is started: a template as one of its instances
};

class systemd_unit : public ::testing::TestWithParam<unit> {
protected:
  std::string text() const { return text_of(configs() / "systemd" / GetParam().file); }

  /// The unit as installed, but for the program: that is the one just built, since verify looks for it.
  std::string installed() const {
    auto out = text();
    const std::string program = "/usr/bin/truckee ";
    const auto at = out.find("ExecStart=" + program);
    EXPECT_NE(at, out.npos);
    out.replace(at + 10, program.size(), std::string(TRUCKEE_PROGRAM) + " ");
    std::ofstream(scratch_ / GetParam().started) << out;
    return (scratch_ / GetParam().started).string();
  }

  folder scratch_;
};

} // namespace

TEST_P(systemd_unit, is_understood_in_every_line) {
  const auto done = run_tool("systemd-analyze", {"verify", "--man=no", "--recursive-errors=no", installed()},
                             scratch_.path());
  EXPECT_EQ(done.code, 0) << done.err;
  // What it does not understand it only mentions.
  EXPECT_EQ(done.err.find(GetParam().started), std::string::npos) << done.err;
}

TEST_P(systemd_unit, exposes_the_machine_less_than_1_5_of_10) {
  const auto done =
      run_tool("systemd-analyze", {"security", "--offline=true", "--no-pager", "--threshold=15", installed()},
               scratch_.path());
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("Overall exposure level"), std::string::npos) << done.out << done.err;
}

TEST_P(systemd_unit, gives_keys_as_credentials_and_watches_the_service) {
  for (const auto* line :
       {"DynamicUser=yes", "StateDirectory=", "ProtectSystem=strict", "NoNewPrivileges=yes",
        "LoadCredential=", "Type=notify", "WatchdogSec=", "Restart=on-failure"})
    EXPECT_NE(text().find("\n" + std::string(line)), std::string::npos) << line;
  const auto commands = after_each(text(), "ExecStart=");
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].find("/etc/"), std::string::npos)
      << "files that only root can read come as credentials";
}

INSTANTIATE_TEST_SUITE_P(shipped, systemd_unit,
                         ::testing::Values(unit{"truckee-gateway.service", "truckee-gateway.service"},
                                           unit{"truckee-storage@.service", "truckee-storage@alpha.service"}),
                         [](const auto& each) { return each.index == 0 ? "gateway" : "storage"; });
