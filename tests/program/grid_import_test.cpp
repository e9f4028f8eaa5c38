#include "program/support/program.hpp"

#include <sys/stat.h>

using namespace truckee::test;

namespace {

constexpr const char* swissnum = "rnjxjpjd7vtpwsf2svqmkd2nhcbkbzzz";
const std::string lease_secret = std::string(51, 'm') + "a";

/// Grid files made of what a Tahoe-LAFS grid's directories know.
class grid_import : public program_test {
protected:
  std::string in(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    return file(name, text);
  }
  unsigned mode_of(const std::string& name) const {
    struct stat info {};
    return ::stat(path(name).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
  }
  process_result import(arguments directories, const std::string& output) {
    arguments words{"grid", "import", "-o", path(output)};
    for (const auto& each : directories)
      words.push_back(path(each));
    return truckee(words);
  }
  void expect_no_secret(const process_result& done) {
    for (const auto& text : {done.out, done.err})
      for (const auto& secret : {std::string(swissnum), lease_secret})
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
  }
  /// A real server, whose folder is made to look like a storage node's; its NURL.
  std::string serve(const std::string& name) {
    start({"storage", "--directory", path(name), "--gbs-listen", "127.0.0.1:0"}).wait_for("tub id ");
    in(name + "/tahoe.cfg", "[node]\nnickname = " + name + "\ntub.location = AUTO\n");
    in(name + "/permutation-seed", "mv4gc3lqnrsq\n");
    return first_line(name + "/private/storage.nurl");
  }
  std::string first_line(const std::string& name) const {
    const auto text = content(name);
    return text.substr(0, text.find('\n'));
  }
  void client(const std::string& name, const std::string& servers) {
    in(name + "/tahoe.cfg", "[client]\nshares.needed = 1\nshares.happy = 1\nshares.total = 2\n"
                            "peers.preferred = v0-beta\n");
    in(name + "/private/servers.yaml", servers);
    in(name + "/private/secret", lease_secret + "\n");
  }
  static std::string announced(const std::string& id, const std::string& nurl, const std::string& more = {}) {
    return "  " + id + ":\n    ann:\n      nickname: " + id.substr(3) +
           "\n      anonymous-storage-NURLs:\n      - " + nurl + "\n" + more;
  }
  static inline const std::string some_nurl =
      std::string("pb://q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg@192.0.2.8:4402/") + swissnum + "#v=1";
};

} // namespace

TEST_F(grid_import, of_storage_nodes_makes_a_grid_that_works) {
  serve("alpha");
  serve("beta");
  const auto made = import({"alpha", "beta"}, "grid.toml");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_NE(made.out.find("grid.toml made: 2 servers, files 3 of 10, happy with 2"), std::string::npos)
      << made.out;
  EXPECT_NE(made.out.find("alpha: 127.0.0.1:"), std::string::npos) << made.out;
  EXPECT_EQ(mode_of("grid.toml"), 0600U);
  EXPECT_FALSE(std::filesystem::exists(path("grid.lease-secret")));
  const auto nurl = first_line("alpha/private/storage.nurl");
  EXPECT_NE(content("grid.toml").find(nurl), std::string::npos);
  EXPECT_EQ(made.out.find(nurl.substr(nurl.rfind('/') + 1, 20)), std::string::npos);
  const auto cap = put_new("Snow on the ridge.", {"--grid", path("grid.toml")});
  EXPECT_EQ(get(cap, {"--grid", path("grid.toml")}), "Snow on the ridge.");
}

TEST_F(grid_import, of_a_client_takes_spread_preference_and_lease_secret) {
  const auto nurl = serve("store");
  const auto furl = first_line("store/private/storage.furl");
  client("client", "storage:\n" +
                       announced("v0-alpha", nurl, "      anonymous-storage-FURL: " + furl + "\n") +
                       announced("v0-beta", some_nurl));
  const auto made = json({"grid", "import", path("client"), "-o", path("grid.toml")});
  EXPECT_EQ(made["needed"], 1);
  EXPECT_EQ(made["total"], 2);
  EXPECT_EQ(made["lease_secret"], path("grid.lease-secret"));
  ASSERT_EQ(made["servers"].size(), 2U);
  EXPECT_EQ(made["servers"][0]["server"], "alpha");
  EXPECT_EQ(made["servers"][1]["address"], "192.0.2.8:4402");
  EXPECT_EQ(made["servers"][1]["preferred"], true);
  EXPECT_EQ(made.dump().find(swissnum), std::string::npos);
  EXPECT_EQ(made.dump().find(lease_secret), std::string::npos);
  EXPECT_EQ(content("grid.lease-secret"), lease_secret + "\n");
  EXPECT_EQ(mode_of("grid.lease-secret"), 0600U);
  EXPECT_EQ(mode_of("grid.toml"), 0600U);
  // Its lease is this client's own.
  const auto cap = put_new("Ice on the lake.", {"--grid", path("grid.toml")});
  EXPECT_EQ(get(cap, {"--grid", path("grid.toml")}), "Ice on the lake.");
}

TEST_F(grid_import, writes_over_nothing_and_leaves_nothing_half_made) {
  client("client", "storage:\n" + announced("v0-alpha", some_nurl));
  file("grid.toml", "kept");
  auto refused = import({"client"}, "grid.toml");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("grid.toml is there already and stays as it is"), std::string::npos)
      << refused.err;
  EXPECT_EQ(content("grid.toml"), "kept");
  EXPECT_FALSE(std::filesystem::exists(path("grid.lease-secret")));
  file("new.lease-secret", "kept");
  refused = import({"client"}, "new.toml");
  EXPECT_EQ(refused.code, 1);
  EXPECT_FALSE(std::filesystem::exists(path("new.toml")));
  EXPECT_EQ(content("new.lease-secret"), "kept");
  EXPECT_NE(import({"client"}, "none/grid.toml").code, 0);
}

TEST_F(grid_import, says_what_is_missing_and_what_to_do) {
  const auto refused = [&](const arguments& directories, const std::string& why) {
    const auto done = import(directories, "grid.toml");
    EXPECT_EQ(done.code, 2) << done.err;
    EXPECT_NE(done.err.find(why), std::string::npos) << done.err;
    expect_no_secret(done);
    EXPECT_FALSE(std::filesystem::exists(path("grid.toml")));
  };
  refused({"none"}, "there is no tahoe.cfg in it");
  in("introduced/tahoe.cfg", "[client]\nintroducer.furl = pb://x@tcp:h:1/" + std::string(swissnum) + "\n");
  refused({"introduced"}, "Start it (`tahoe run`)");
  client("broken", "storage:\n" + announced("v0-alpha", some_nurl + "x"));
  refused({"broken"}, "private/servers.yaml:6: server v0-alpha: anonymous-storage-NURLs: not a NURL");
  client("secret", "storage:\n" + announced("v0-alpha", some_nurl));
  in("secret/private/secret", lease_secret.substr(1) + "\n");
  refused({"secret"}, "private/secret: not a lease secret");
  EXPECT_EQ(truckee({"grid", "import", path("secret")}).code, 2) << "an output has to be named";
}
