#include "program/support/program.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

class storage_config : public program_test {
protected:
  /// Starts it, waits for its line, ends it well; what it said.
  process_result serve(const arguments& words) {
    auto& one = start(words);
    one.wait_for("listening on ");
    one.signal(SIGTERM);
    return one.wait(process::seconds(20));
  }
};

} // namespace

TEST_F(storage_config, the_file_says_where_and_options_override_it) {
  const auto config = file("storage.toml", "[storage]\ndirectory = \"from-file\"\nlisten = \"127.0.0.2:0\"\n"
                                           "[metrics]\nlisten = \"127.0.0.1:0\"\n");
  const auto by_file = serve({"storage", "--config", config});
  EXPECT_EQ(by_file.code, 0) << by_file.err;
  EXPECT_NE(by_file.out.find("listening on 127.0.0.2:"), std::string::npos) << by_file.out;
  EXPECT_NE(by_file.err.find("metrics: "), std::string::npos) << by_file.err;
  EXPECT_TRUE(std::filesystem::exists(path("from-file/my_nodeid"))) << "relative to the file's folder";

  const auto by_option =
      serve({"storage", "--config", config, "--directory", path("from-option"), "--listen", "127.0.0.1:0"});
  EXPECT_NE(by_option.out.find("listening on 127.0.0.1:"), std::string::npos) << by_option.out;
  EXPECT_TRUE(std::filesystem::exists(path("from-option/my_nodeid")));
}

TEST_F(storage_config, mutual_tls_comes_from_the_file) {
  ASSERT_EQ(truckee({"certs", path("certs"), "alpha"}).code, 0);
  const auto config = file("storage.toml", "[storage]\ndirectory = \"alpha\"\n[tls]\nca = \"certs/ca.pem\"\n"
                                           "certificate = \"certs/alpha.pem\"\nkey = \"certs/alpha.key\"\n");
  const auto done = serve({"storage", "--config", config});
  EXPECT_NE(done.out.find("(mutual TLS)"), std::string::npos) << done.out;
}

TEST_F(storage_config, tahoe_lafs_clients_come_in_where_that_is_asked_by_a_nurl_that_stays) {
  const arguments words{"storage", "--directory", path("store"), "--gbs-listen", "127.0.0.1:0"};
  const auto first = serve(words);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("Tahoe-LAFS clients: 127.0.0.1:"), std::string::npos) << first.out;
  const auto nurl = content("store/private/storage.nurl");
  ASSERT_TRUE(nurl.starts_with("pb://")) << nurl;
  const auto secret = nurl.substr(nurl.rfind('/') + 1, 32);
  for (const auto& said : {first.out, first.err})
    EXPECT_EQ(said.find(secret), std::string::npos) << "the swissnum is no journal's";
  const auto id = content("store/my_nodeid");
  EXPECT_NE(first.out.find("tub id " + id.substr(0, 32)), std::string::npos) << first.out;
  EXPECT_EQ(content("store/private/storage.furl").substr(0, 38), "pb://" + id.substr(0, 32) + "@");

  // The same key and swissnum, at another port; by the file this time.
  const auto config = file("tahoe.toml", "[storage]\ndirectory = \"store\"\ngbs-listen = \"127.0.0.1:0\"\n");
  EXPECT_EQ(serve({"storage", "--config", config}).code, 0);
  const auto again = content("store/private/storage.nurl");
  EXPECT_EQ(again.substr(0, again.find('@')), nurl.substr(0, nurl.find('@')));
  EXPECT_EQ(again.substr(again.rfind('/')), nurl.substr(nurl.rfind('/')));

  EXPECT_EQ(truckee({"storage", "--directory", path("other"), "--gbs-listen", "nowhere"}).code, 2);
  EXPECT_FALSE(std::filesystem::exists(path("other")));
}

TEST_F(storage_config, a_file_written_by_one_door_is_updated_by_the_other) {
  auto& one = start(
      {"storage", "--directory", path("store"), "--listen", "127.0.0.1:0", "--gbs-listen", "127.0.0.1:0"});
  one.wait_for("tub id ");
  const auto said = one.wait_for("listening on ");
  const auto caf = said.substr(0, said.find(' '));
  auto nurl = content("store/private/storage.nurl");
  nurl.pop_back();
  const auto grid = [&](const std::string& name, const std::string& server) {
    const auto out = file(
        name, "[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n[[server]]\nname = \"alpha\"\n" + server + "\n");
    std::filesystem::permissions(out, std::filesystem::perms(0600));
    return out;
  };
  const auto by_message = grid("message.toml", "caf = \"" + caf + "\"");
  const auto by_https = grid("https.toml", "nurl = \"" + nurl + "\"");
  const auto cap = put_new("first", {"--grid", by_message});
  EXPECT_EQ(get(cap, {"--grid", by_https}), "first");
  const auto second = truckee({"--grid", by_https, "put", "-", "--cap-file", cap}, "second");
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(get(cap, {"--grid", by_message}), "second");
  const auto third = truckee({"--grid", by_message, "put", "-", "--cap-file", cap}, "third");
  EXPECT_EQ(third.code, 0) << third.err;
  EXPECT_EQ(get(cap, {"--grid", by_https}), "third");
}

TEST_F(storage_config, mistakes_are_exit_code_2_and_named_before_anything_is_made) {
  const auto expect = [this](const arguments& words, const std::string& said) {
    const auto done = truckee(words);
    EXPECT_EQ(done.code, 2) << done.err;
    EXPECT_NE(done.err.find(said), std::string::npos) << done.err;
    EXPECT_EQ(done.out, "");
  };
  expect({"storage"}, "--directory");
  expect({"storage", "--config", path("missing.toml")}, "missing.toml: cannot be read");
  const auto config = file("storage.toml", "[storage]\ndirectory = \"store\"\nreadonly = true\n");
  expect({"storage", "--config", config}, "storage.toml:3: [storage] readonly");
  const auto away = file("away.toml", "[storage]\ndirectory = \"store\"\nlisten = \"192.0.2.7:4401\"\n");
  const auto done = truckee({"storage", "--config", away});
  EXPECT_NE(done.code, 0);
  EXPECT_NE(done.err.find("TLS"), std::string::npos) << done.err;
  EXPECT_FALSE(std::filesystem::exists(path("store")));
}
