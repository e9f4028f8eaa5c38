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
