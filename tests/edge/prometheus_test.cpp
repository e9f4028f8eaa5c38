#include "edge/watched_grid.hpp"
#include "truckee/metrics/families.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

using namespace truckee;
using namespace truckee::test;

namespace {

class real_prometheus : public watched_grid {
protected:
  /// Until every node is scraped and rates can be told.
  void wait_for_rates() {
    prometheus().query_until("sum(up)", [](const auto& r) { return first_value(r) == 3; });
    prometheus().query_until("sum(rate(truckee_publishes_total{outcome=\"ok\"}[1m]))",
                             [](const auto& r) { return first_value(r) > 0; });
    for (const auto* operation : {"publish", "append", "retrieve", "check", "verify", "repair"})
      prometheus().query_until("sum(increase(truckee_operations_total{outcome=\"ok\",operation=\"" +
                                   std::string(operation) + "\"}[1m]))",
                               [](const auto& r) { return first_value(r) > 0; });
    for (const auto* rule :
         {"job:truckee_publish_failures:ratio_rate5m", "job_store:truckee_storage_operations:rate5m",
          "job_server:truckee_server_write_duration_seconds:mean_rate5m"})
      prometheus().query_until(rule, [](const auto& r) { return !r.empty(); });
  }
};

/// Each query of the dashboard, with what Grafana would put in.
std::vector<std::string> dashboard_queries() {
  std::vector<std::string> out;
  const auto dashboard = nlohmann::json::parse(text_of(configs() / "grafana-dashboard.json"));
  for (const auto& panel : dashboard["panels"])
    for (const auto& target : panel.value("targets", nlohmann::json::array())) {
      auto text = target["expr"].get<std::string>();
      const std::string interval = "$__rate_interval";
      for (auto at = text.find(interval); at != text.npos; at = text.find(interval))
        text.replace(at, interval.size(), "1m");
      out.push_back(text);
    }
  return out;
}

/// The text of the element with that id, without its tags.
std::string element(const std::string& page, const std::string& id) {
  const auto begin = page.find("id=\"" + id + "\"");
  if (begin == page.npos)
    return "";
  auto at = page.find('>', begin) + 1;
  const auto end = std::min(page.find("</table>", at), page.find("</dd>", at));
  std::string out;
  for (bool in_tag = false; at < end && at < page.size(); ++at) {
    if (page[at] == '<')
      in_tag = true;
    if (!in_tag)
      out += page[at];
    if (page[at] == '>')
      in_tag = false;
  }
  return out;
}

} // namespace

TEST_F(real_prometheus, scrapes_every_family_from_gateway_and_storage_nodes) {
  wait_for_rates();
  for (const auto& f : metrics::all_families) {
    const auto name = std::string(f.name) + (f.type == metrics::family_type::histogram ? "_count" : "");
    EXPECT_FALSE(prometheus().query(name).empty()) << name;
  }
  const auto value = [this](const std::string& query) { return first_value(prometheus().query(query)); };
  EXPECT_GT(value("sum(truckee_share_writes_total{server=\"alpha\",outcome=\"written\"})"), 0);
  EXPECT_GT(value("truckee_storage_written_bytes_total{store=\"beta\"}"), 0);
  EXPECT_GT(value("sum(truckee_retrieve_plaintext_bytes_total)"), 0);
  EXPECT_EQ(value("sum(truckee_server_link_state{state=\"ready\"})"), 2);
  EXPECT_EQ(value("sum(truckee_publishes_total{outcome!=\"ok\"})"), 0);
  EXPECT_GT(value("truckee_in_flight_budget_bytes"), 0);
  EXPECT_EQ(value("truckee_keys_wanted"), 4);
  EXPECT_EQ(value("count(truckee_build_info)"), 3);
}

TEST_F(real_prometheus, knows_each_node_by_the_labels_that_grid_targets_gave) {
  wait_for_rates();
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& each : prometheus().query("up"))
    seen.emplace(each["metric"]["job"], each["metric"].value("server", ""));
  const std::set<std::pair<std::string, std::string>> expected{
      {"truckee-gateway", ""}, {"truckee-storage", "alpha"}, {"truckee-storage", "beta"}};
  EXPECT_EQ(seen, expected);
  EXPECT_TRUE(prometheus().query("truckee_keys_ready{job=\"truckee-storage\"}").empty());
  for (auto* node : {&gateway(), &store(0)}) {
    const auto text = exposition(*node);
    const auto lint = run_tool("promtool", {"check", "metrics"}, place().path(), text);
    EXPECT_EQ(lint.code, 0) << lint.out << lint.err;
    EXPECT_EQ(text.find("URI:"), text.npos);
  }
}

TEST_F(real_prometheus, answers_every_query_of_the_dashboard) {
  wait_for_rates();
  const auto queries = dashboard_queries();
  EXPECT_GE(queries.size(), 40U);
  for (const auto& query : queries)
    EXPECT_FALSE(prometheus().query(query).empty()) << query;
}

TEST_F(real_prometheus, serves_the_console_page_with_what_happens) {
  wait_for_rates();
  expect_trouble();
  store(1).kill();
  prometheus().query_until("truckee_server_link_state{server=\"beta\",state=\"ready\"}",
                           [](const auto& r) { return first_value(r) == 0; });
  const auto page = prometheus().page("/consoles/truckee.html");
  EXPECT_NE(page.find("nodes run"), page.npos);
  for (const auto* tile : {"rate", "failing", "median", "p99", "running", "waiting", "progress", "flight"}) {
    const auto text = element(page, tile);
    EXPECT_NE(text.find_first_of("0123456789"), text.npos) << tile << ": \"" << text << "\"";
  }
  for (const auto* stage : {"map", "encrypt", "encode", "hash", "sign", "pack", "push"})
    EXPECT_NE(element(page, "stages").find(stage), std::string::npos) << stage;
  const auto servers = element(page, "servers");
  EXPECT_NE(servers.find("yes", servers.find("alpha")), servers.npos) << servers;
  EXPECT_NE(servers.find("no", servers.find("beta")), servers.npos) << servers;
  EXPECT_NE(element(page, "stores").find("GiB"), std::string::npos) << element(page, "stores");

  const auto picture = place() / "console.png";
  const auto shot =
      run_tool("chromium",
               {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--user-data-dir=" + path("browser"), "--window-size=1100,1250",
                "--screenshot=" + picture.string(), prometheus().url() + "/consoles/truckee.html"},
               place().path());
  ASSERT_TRUE(std::filesystem::exists(picture)) << shot.err;
  EXPECT_TRUE(text_of(picture).starts_with("\x89PNG"));
  EXPECT_GT(std::filesystem::file_size(picture), 20'000U) << "an empty page is smaller";
  if (const char* keep = std::getenv("TRUCKEE_SCREENSHOTS"))
    std::filesystem::copy_file(picture, std::filesystem::path(keep) / "console.png",
                               std::filesystem::copy_options::overwrite_existing);
}
