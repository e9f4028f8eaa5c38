#include "program/support/program.hpp"
#include "test_support.hpp"

#include <csignal>

using namespace truckee::test;

/// The files of configs/ as they stand, from a folder of their own.
namespace {

class samples : public program_test {
protected:
  void SetUp() override {
    const auto configs = std::filesystem::path{TRUCKEE_TEST_DATA}.parent_path().parent_path() / "configs";
    for (const auto* name : {"grid.toml", "storage.toml"})
      std::filesystem::copy_file(configs / name, path(name));
    ASSERT_EQ(truckee({"certs", path("certs"), "alpha", "client", "127.0.0.1"}).code, 0);
    file("metrics-password", "not a secret\n");
    std::filesystem::permissions(path("metrics-password"), std::filesystem::perms::owner_read);
  }
};

} // namespace

TEST_F(samples, the_storage_file_runs) {
  // Its ports are those that others on this machine may have.
  auto& server = start({"storage", "--config", path("storage.toml"), "--metrics-listen", "127.0.0.1:0"});
  server.wait_for("listening on ");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(process::seconds(20)).code, 0) << server.err();
  EXPECT_TRUE(std::filesystem::exists(path("alpha/my_nodeid")));
  EXPECT_NE(content("truckee.log").find("storage_started"), std::string::npos);
}

TEST_F(samples, the_grid_file_runs_without_its_server_by_nurl) {
  auto text = content("grid.toml");
  const auto gamma = text.find("[[server]]\nname = \"gamma\"");
  ASSERT_NE(gamma, std::string::npos);
  text.erase(gamma, text.find("\n[tls]", gamma) - gamma);
  file("grid.toml", text);
  // One folder, and one address where nobody is: too few servers for its own happy.
  const auto done =
      truckee({"--grid", path("grid.toml"), "put", "-", "--metrics-listen", "127.0.0.1:0"}, "hello");
  EXPECT_EQ(done.code, 4) << done.err;
  EXPECT_NE(done.err.find("beta"), std::string::npos) << done.err;
  EXPECT_TRUE(std::filesystem::exists(path("lease-secret"))) << "beside the file that names it";
  EXPECT_TRUE(std::filesystem::exists(path("alpha/my_nodeid")));
}
