#include "program/support/program.hpp"

#include <nlohmann/json.hpp>

using namespace truckee::test;

namespace {

class grid_targets : public program_test {
protected:
  process_result targets(const std::string& grid, const arguments& more = {}) {
    arguments words{"grid", "targets", "--grid", file("grid.toml", grid)};
    words.insert(words.end(), more.begin(), more.end());
    return truckee(words);
  }

  const std::string servers =
      "[[server]]\nname = \"alpha\"\ncaf = \"127.0.0.1:1\"\nmetrics = \"192.0.2.7:9402\"\n"
      "[[server]]\nname = \"beta\"\ncaf = \"127.0.0.1:2\"\n"
      "metrics = \"https://[2001:db8::1]:9402/metrics\"\n"
      "[[server]]\nname = \"gamma\"\ndirectory = \"gamma\"\n"
      "[[server]]\nname = \"delta\"\ncaf = \"127.0.0.1:3\"\n";
};

} // namespace

TEST_F(grid_targets, are_what_prometheus_reads) {
  const auto done = targets(servers + "[metrics]\nlisten = \"127.0.0.1:9401\"\n");
  ASSERT_EQ(done.code, 0) << done.err;
  const nlohmann::json expected = {
      {{"targets", {"127.0.0.1:9401"}}, {"labels", {{"job", "truckee-gateway"}}}},
      {{"targets", {"192.0.2.7:9402"}}, {"labels", {{"job", "truckee-storage"}, {"server", "alpha"}}}},
      {{"targets", {"[2001:db8::1]:9402"}},
       {"labels", {{"__scheme__", "https"}, {"job", "truckee-storage"}, {"server", "beta"}}}}};
  EXPECT_EQ(nlohmann::json::parse(done.out), expected);
  EXPECT_NE(done.err.find("delta is left out: its [[server]] has no metrics"), std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("gamma"), std::string::npos) << "the gateway's own metrics have it";
}

TEST_F(grid_targets, know_that_a_gateway_with_a_certificate_speaks_https) {
  const auto done =
      targets(servers + "[metrics]\nlisten = \"127.0.0.1:9401\"\ncertificate = \"a\"\nkey = \"b\"\n");
  EXPECT_EQ(nlohmann::json::parse(done.out)[0]["labels"],
            (nlohmann::json{{"__scheme__", "https"}, {"job", "truckee-gateway"}}));
}

TEST_F(grid_targets, take_the_gateway_s_address_from_the_command_line) {
  const auto done = targets(servers, {"--gateway-metrics", "https://gateway.example:9401"});
  const auto first = nlohmann::json::parse(done.out)[0];
  EXPECT_EQ(first["targets"], nlohmann::json{"gateway.example:9401"});
  EXPECT_EQ(first["labels"]["__scheme__"], "https");
}

TEST_F(grid_targets, leave_out_a_gateway_that_nobody_can_connect_to) {
  for (const std::string listen :
       {"", "[metrics]\nlisten = \"0.0.0.0:9401\"\n", "[metrics]\nlisten = \"127.0.0.1:0\"\n"}) {
    const auto done = targets(servers + listen);
    EXPECT_EQ(nlohmann::json::parse(done.out).size(), 2U) << done.out;
    EXPECT_NE(done.err.find("the gateway is left out"), std::string::npos) << done.err;
  }
}

TEST_F(grid_targets, say_what_is_wrong_with_an_address) {
  const auto done = targets(servers, {"--gateway-metrics", "https://gateway.example:9401/stats"});
  EXPECT_EQ(done.code, 2) << done.err;
  EXPECT_NE(done.err.find("at /metrics"), std::string::npos) << done.err;
}
