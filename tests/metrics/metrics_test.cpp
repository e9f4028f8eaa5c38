#include "truckee/metrics/families.hpp"
#include "truckee/metrics/metrics.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <prometheus/registry.h>
#include <set>
#include <sstream>
#include <thread>

using namespace truckee;
using namespace truckee::metrics;

namespace {

/// The value of a sample as a scrape shows it; -1 where there is no such sample.
double sample(const recorder& from, const std::string& name_and_labels) {
  std::istringstream lines{from.text()};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name_and_labels + " "))
      return std::stod(line.substr(name_and_labels.size() + 1));
  return -1;
}

publish_end end_with(outcome how, std::size_t happiness = 10) {
  return {.how = how, .took = std::chrono::milliseconds{20}, .happiness = happiness, .happiness_asked = 7};
}

/// Every event there is, so that every family has a child.
std::shared_ptr<recorder> busy_recorder() {
  auto r = std::make_shared<recorder>(build_facts{"0.1.0", "0.17.6"});
  r->expect_publishes();
  r->server("alpha").link_is(link_state::ready);
  r->store("0").served(storage_operation::read, {}, seconds{0.001});
  r->http().connections_are(1);
  return r;
}

} // namespace

TEST(metrics, a_publish_is_counted_by_outcome_and_time) {
  auto r = std::make_shared<recorder>();
  r->expect_publishes();
  EXPECT_EQ(sample(*r, R"(truckee_publishes_total{outcome="ok"})"), 0)
      << "a rate needs the zero before the first";
  running_publish{r}.ended(end_with({}));
  running_publish{r}.ended(end_with(errc::uncoordinated_write));
  running_publish{r}.ended(end_with(errc::not_enough_servers, 6));
  EXPECT_EQ(sample(*r, R"(truckee_publishes_total{outcome="ok"})"), 1);
  EXPECT_EQ(sample(*r, R"(truckee_publishes_total{outcome="uncoordinated_write"})"), 1);
  EXPECT_EQ(sample(*r, R"(truckee_publishes_total{outcome="not_enough_servers"})"), 1);
  EXPECT_EQ(sample(*r, "truckee_publish_duration_seconds_count"), 3);
  EXPECT_NEAR(sample(*r, "truckee_publish_duration_seconds_sum"), 0.06, 1e-9);
  EXPECT_EQ(sample(*r, "truckee_publishes_below_happiness_total"), 1);
  EXPECT_EQ(sample(*r, R"(truckee_publish_happiness_servers_bucket{le="6"})"), 1);
  EXPECT_EQ(sample(*r, "truckee_publishes_running"), 0);
}

TEST(metrics, a_storage_node_is_not_taken_for_a_client_without_keys) {
  recorder r;
  r.store("alpha").slots_are(1);
  EXPECT_EQ(sample(r, "truckee_keys_ready"), -1);
  r.expect_publishes();
  EXPECT_EQ(sample(r, "truckee_keys_ready"), 0);
}

TEST(metrics, goal_placed_and_outstanding_are_summed_over_running_publishes) {
  auto r = std::make_shared<recorder>();
  running_publish a{r};
  {
    running_publish b{r};
    a.progress(10, 0, 10);
    b.progress(5, 2, 3);
    a.progress(10, 7, 3);
    EXPECT_EQ(sample(*r, "truckee_publishes_running"), 2);
    EXPECT_EQ(sample(*r, "truckee_publish_goal_shares"), 15);
    EXPECT_EQ(sample(*r, "truckee_publish_placed_shares"), 9);
    EXPECT_EQ(sample(*r, "truckee_publish_outstanding_shares"), 6);
    b.ended(end_with({}));
    b.progress(100, 100, 100);
  }
  EXPECT_EQ(sample(*r, "truckee_publishes_running"), 1);
  EXPECT_EQ(sample(*r, "truckee_publish_goal_shares"), 10);
}

TEST(metrics, a_publish_that_vanishes_does_not_run_for_ever) {
  auto r = std::make_shared<recorder>();
  {
    running_publish a{r};
    a.progress(10, 1, 2);
    running_publish moved{std::move(a)};
    EXPECT_EQ(sample(*r, "truckee_publishes_running"), 1);
  }
  EXPECT_EQ(sample(*r, "truckee_publishes_running"), 0);
  EXPECT_EQ(sample(*r, "truckee_publish_goal_shares"), 0);
  EXPECT_EQ(sample(*r, "truckee_publish_outstanding_shares"), 0);
  EXPECT_EQ(sample(*r, R"(truckee_publishes_total{outcome="abandoned"})"), 1);
}

TEST(metrics, each_server_is_seen_by_its_name) {
  recorder r;
  auto& alpha = r.server("alpha");
  alpha.shares_written(server_outcome::written, 3, std::chrono::milliseconds{4});
  alpha.shares_written(server_outcome::unreachable, 1, seconds{0});
  alpha.read_answered({}, seconds{0.001});
  alpha.read_answered(errc::timeout, seconds{30});
  alpha.share_was_corrupt();
  alpha.link_is(link_state::ready);
  alpha.link_is(link_state::unreachable);
  alpha.reconnected();
  EXPECT_EQ(&alpha, &r.server("alpha"));
  EXPECT_NE(&alpha, &r.server("beta"));
  EXPECT_EQ(sample(r, R"(truckee_share_writes_total{outcome="written",server="alpha"})"), 3);
  EXPECT_EQ(sample(r, R"(truckee_share_writes_total{outcome="unreachable",server="alpha"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_server_write_duration_seconds_count{server="alpha"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_server_reads_total{outcome="timeout",server="alpha"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_server_read_duration_seconds_count{server="alpha"})"), 2);
  EXPECT_EQ(sample(r, R"(truckee_corrupt_shares_total{server="alpha"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_server_link_state{server="alpha",state="ready"})"), 0);
  EXPECT_EQ(sample(r, R"(truckee_server_link_state{server="alpha",state="unreachable"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_server_reconnects_total{server="alpha"})"), 1);
}

TEST(metrics, a_server_that_was_taken_away_is_not_one_that_cannot_be_reached) {
  recorder r;
  auto& alpha = r.server("alpha");
  const auto ready = [&] { return sample(r, R"(truckee_server_link_state{server="alpha",state="ready"})"); };
  alpha.link_begins();
  alpha.link_is(link_state::ready);
  alpha.reconnected();
  alpha.link_begins(); // another link takes its place
  alpha.link_ends();
  EXPECT_EQ(ready(), 1);
  alpha.link_ends();
  EXPECT_EQ(ready(), -1) << "there is no such series";
  EXPECT_EQ(sample(r, R"(truckee_server_reconnects_total{server="alpha"})"), 1) << "what was counted stays";
  alpha.link_is(link_state::unreachable);
  alpha.link_begins();
  EXPECT_EQ(ready(), 0) << "it is back";
}

TEST(metrics, names_are_bounded) {
  recorder r;
  for (std::size_t i = 0; i < recorder::named_max; ++i)
    r.store(std::to_string(i));
  EXPECT_EQ(&r.store("one too many"), &r.store("and another"));
  EXPECT_NE(&r.store("one too many"), &r.store("7"));
  EXPECT_EQ(sample(r, R"(truckee_storage_slots{store="one too many"})"), -1);
}

TEST(metrics, the_other_events_move_their_families) {
  recorder r{build_facts{"0.1.0", "0.17.6"}};
  r.publish_waits();
  r.publish_waits();
  r.publish_stops_waiting();
  r.stage_took(stage::sign, std::chrono::microseconds{600});
  r.plaintext_given(file_format::mdmf, 1000);
  r.share_bytes_sent(3333);
  r.share_rehomed(server_outcome::no_space);
  r.surprised(surprise::stale, 2);
  r.put_began_with(kept_map::stale);
  r.operation_ended(operation_kind::repair, errc::not_enough_shares, seconds{1});
  r.write_became(effect::applied);
  r.write_became(effect::may_be_applied);
  r.write_became(effect::may_be_applied);
  r.changes_a_part(part_sent::whole);
  r.plaintext_retrieved(file_format::sdmf, 5);
  r.in_flight(1000);
  r.in_flight(-400);
  r.in_flight_budget_is(64 << 20);
  r.keys_ready_are(4);
  r.keys_wanted_are(5);
  auto& store = r.store("0");
  store.served(storage_operation::read_test_write, errc::no_space, seconds{0.01});
  store.bytes_read(1);
  store.bytes_written(2);
  store.slots_are(3);
  store.available_bytes_are(4);
  store.looked_for_expired(6, 600, false);
  store.looked_for_expired(5, 500, true);
  store.corruption_advised();
  r.disk_was_synced(2);
  r.disk_was_synced(1);
  r.gbs_refused(http::rejection::bad_login);
  const std::map<std::string, double> expected{
      {"truckee_publishes_waiting", 1},
      {R"(truckee_publish_stage_duration_seconds_count{stage="sign"})", 1},
      {R"(truckee_publish_stage_duration_seconds_bucket{stage="sign",le="0.0005"})", 0},
      {R"(truckee_publish_stage_duration_seconds_bucket{stage="sign",le="0.001"})", 1},
      {R"(truckee_publish_plaintext_bytes_total{format="mdmf"})", 1000},
      {R"(truckee_publish_plaintext_bytes_total{format="sdmf"})", 0},
      {R"(truckee_part_writes_total{sent="whole"})", 1},
      {R"(truckee_part_writes_total{sent="part"})", 0},
      {"truckee_publish_share_bytes_total", 3333},
      {R"(truckee_shares_rehomed_total{reason="no_space"})", 1},
      {R"(truckee_surprises_total{kind="stale"})", 2},
      {R"(truckee_kept_maps_total{result="stale"})", 1},
      {R"(truckee_kept_maps_total{result="used"})", 0},
      {R"(truckee_operations_total{operation="repair",outcome="not_enough_shares"})", 1},
      {R"(truckee_operation_duration_seconds_count{operation="repair"})", 1},
      {R"(truckee_writes_total{effect="applied"})", 1},
      {R"(truckee_writes_total{effect="not_applied"})", 0},
      {R"(truckee_writes_total{effect="may_be_applied"})", 2},
      {R"(truckee_retrieve_plaintext_bytes_total{format="sdmf"})", 5},
      {"truckee_in_flight_bytes", 600},
      {"truckee_in_flight_budget_bytes", 67108864},
      {"truckee_keys_ready", 4},
      {"truckee_keys_wanted", 5},
      {R"(truckee_storage_operations_total{operation="read_test_write",outcome="no_space",store="0"})", 1},
      {R"(truckee_storage_operation_duration_seconds_count{operation="read_test_write",store="0"})", 1},
      {R"(truckee_storage_read_bytes_total{store="0"})", 1},
      {R"(truckee_storage_written_bytes_total{store="0"})", 2},
      {R"(truckee_storage_slots{store="0"})", 3},
      {R"(truckee_storage_available_bytes{store="0"})", 4},
      {R"(truckee_storage_expiry_scans_total{store="0"})", 2},
      {R"(truckee_storage_expired_shares{store="0"})", 5},
      {R"(truckee_storage_expired_bytes{store="0"})", 500},
      {R"(truckee_storage_removed_shares_total{store="0"})", 5},
      {R"(truckee_storage_removed_bytes_total{store="0"})", 500},
      {R"(truckee_storage_corruption_advised_total{store="0"})", 1},
      {"truckee_storage_syncs_total", 3},
      {R"(truckee_gbs_refused_total{reason="bad_login"})", 1},
      {R"(truckee_build_info{caf="0.17.6",version="0.1.0"})", 1},
  };
  for (const auto& [name, value] : expected)
    EXPECT_EQ(sample(r, name), value) << name;
}

TEST(metrics, a_strict_write_is_counted_by_what_it_came_to_and_took) {
  recorder r;
  r.strict_write_ended({.outcome = strict_outcome::published,
                        .rounds = 2,
                        .barriers = 1,
                        .retired = 10,
                        .purged = 3,
                        .resent = 4,
                        .leftovers = 5,
                        .missed = 6,
                        .in_place_writer = true});
  r.strict_write_ended({.outcome = strict_outcome::not_written, .short_of = 2, .other_setting = true});
  const std::map<std::string, double> expected{
      {R"(truckee_strict_writes_total{outcome="published"})", 1},
      {R"(truckee_strict_writes_total{outcome="not_written"})", 1},
      {R"(truckee_strict_writes_total{outcome="unknown"})", 0},
      {"truckee_strict_rounds_total", 2},
      {"truckee_strict_barriers_total", 1},
      {"truckee_strict_shares_retired_total", 10},
      {"truckee_strict_versions_purged_total", 3},
      {"truckee_strict_messages_resent_total", 4},
      {"truckee_strict_leftovers_total", 5},
      {"truckee_strict_servers_missed_total", 6},
      {"truckee_strict_servers_short", 2},
      {R"(truckee_strict_disagreements_total{over="setting"})", 1},
      {R"(truckee_strict_disagreements_total{over="in_place"})", 1},
  };
  for (const auto& [name, value] : expected)
    EXPECT_EQ(sample(r, name), value) << name;
  r.strict_write_ended({.outcome = strict_outcome::published});
  EXPECT_EQ(sample(r, "truckee_strict_servers_short"), 0) << "they are back";
}

TEST(metrics, what_never_began_counts_as_an_operation_a_publish_and_a_refusal) {
  recorder r;
  r.never_began(operation_kind::append, errc::not_enough_servers, refusal::no_servers);
  r.never_began(operation_kind::retrieve, errc::refused, refusal::too_many_of_caller);
  EXPECT_EQ(sample(r, R"(truckee_operations_total{operation="append",outcome="not_enough_servers"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_publishes_total{outcome="not_enough_servers"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_requests_refused_total{reason="no_servers"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_operations_total{operation="retrieve",outcome="refused"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_publishes_total{outcome="refused"})"), 0);
  EXPECT_EQ(sample(r, R"(truckee_operation_duration_seconds_count{operation="append"})"), 0);
  r.gateway_holds({1, 2, 3, 1'500, 5, 6});
  EXPECT_EQ(sample(r, "truckee_gateway_subscribers"), 1);
  EXPECT_EQ(sample(r, "truckee_gateway_callers"), 2);
  EXPECT_EQ(sample(r, "truckee_gateway_waiting_operations"), 3);
  EXPECT_EQ(sample(r, "truckee_gateway_oldest_waiting_timestamp_seconds"), 1.5);
  EXPECT_EQ(sample(r, "truckee_gateway_held_bytes"), 5);
  EXPECT_EQ(sample(r, "truckee_gateway_held_limit_bytes"), 6);
}

TEST(metrics, who_is_not_let_in_counts_by_reason_and_the_certificates_end_is_told) {
  recorder r;
  EXPECT_EQ(sample(r, "truckee_certificate_expiry_timestamp_seconds"), 0);
  r.peer_refused(doors::refusal::foreign_ca);
  r.peer_refused(doors::refusal::protocol);
  r.peer_refused(doors::refusal::protocol);
  r.certificate_ends_at(2'000'000'000);
  EXPECT_EQ(sample(r, R"(truckee_peers_refused_total{reason="foreign_ca"})"), 1);
  EXPECT_EQ(sample(r, R"(truckee_peers_refused_total{reason="protocol"})"), 2);
  EXPECT_EQ(sample(r, R"(truckee_peers_refused_total{reason="broken"})"), 0);
  EXPECT_EQ(sample(r, "truckee_certificate_expiry_timestamp_seconds"), 2e9);
}

TEST(metrics, requests_of_the_http_api_count_by_method_and_status_and_only_where_there_is_one) {
  recorder r;
  EXPECT_EQ(sample(r, "truckee_http_connections"), -1) << "this process has no such port";
  auto& http = r.http();
  EXPECT_EQ(sample(r, R"(truckee_http_requests_total{method="put",status="2xx"})"), 0)
      << "a rate needs the zero before the first";
  http.answered(http_method_of("PUT"), 201, 1000, 200);
  http.answered(http_method_of("PUT"), 200, 500, 100);
  http.answered(http_method_of("PUT"), 412, 0, 30);
  http.answered(http_method_of("GET"), 206, 0, 4000);
  http.answered(http_method_of("GET"), 304, 0, 0);
  http.answered(http_method_of("DELETE"), 405, 0, 10);
  http.answered(http_method_of("get"), 504, 0, 0); // methods have a case
  http.connections_are(3);
  http.connections_are(2);
  http.refused(http::rejection::bad_login);
  const std::map<std::string, double> expected{
      {R"(truckee_http_requests_total{method="put",status="2xx"})", 2},
      {R"(truckee_http_requests_total{method="put",status="4xx"})", 1},
      {R"(truckee_http_requests_total{method="get",status="2xx"})", 1},
      {R"(truckee_http_requests_total{method="get",status="3xx"})", 1},
      {R"(truckee_http_requests_total{method="other",status="4xx"})", 1},
      {R"(truckee_http_requests_total{method="other",status="5xx"})", 1},
      {R"(truckee_http_requests_total{method="patch",status="2xx"})", 0},
      {"truckee_http_received_bytes_total", 1500},
      {"truckee_http_sent_bytes_total", 4340},
      {"truckee_http_connections", 2},
      {R"(truckee_http_refused_total{reason="bad_login"})", 1},
      {R"(truckee_http_refused_total{reason="crowded"})", 0},
  };
  for (const auto& [name, value] : expected)
    EXPECT_EQ(sample(r, name), value) << name;
}

TEST(metrics, threads_lose_no_count) {
  recorder r;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&r] {
        for (int i = 0; i < 1000; ++i) {
          r.server(std::to_string(i % 7)).shares_written(server_outcome::written, 1, seconds{0.001});
          r.plaintext_given(file_format::sdmf, 1);
        }
      });
  }
  EXPECT_EQ(sample(r, R"(truckee_publish_plaintext_bytes_total{format="sdmf"})"), 4000);
  double shares = 0;
  for (int i = 0; i < 7; ++i)
    shares +=
        sample(r, R"(truckee_share_writes_total{outcome="written",server=")" + std::to_string(i) + "\"}");
  EXPECT_EQ(shares, 4000);
}

TEST(metrics, every_family_listed_is_there_and_no_other) {
  const auto families = busy_recorder()->registry()->Collect();
  std::set<std::string_view> seen;
  for (const auto& f : families)
    seen.insert(f.name);
  for (const auto& f : all_families) {
    EXPECT_EQ(seen.count(f.name), 1U) << f.name << " is listed, but never registered";
    seen.erase(f.name);
  }
  for (const auto name : seen)
    ADD_FAILURE() << name << " is registered, but not listed in families.hpp";
}

TEST(metrics, labels_are_those_the_list_tells) {
  for (const auto& collected : busy_recorder()->registry()->Collect()) {
    const auto listed = std::find_if(all_families.begin(), all_families.end(),
                                     [&](const family& f) { return f.name == collected.name; });
    ASSERT_NE(listed, all_families.end());
    std::set<std::string> expected;
    std::istringstream words{std::string{listed->labels}};
    for (std::string word; words >> word;)
      expected.insert(word);
    ASSERT_FALSE(collected.metric.empty()) << collected.name;
    for (const auto& child : collected.metric) {
      std::set<std::string> labels;
      for (const auto& l : child.label)
        labels.insert(l.name);
      EXPECT_EQ(labels, expected) << collected.name;
    }
  }
}

TEST(metrics, names_follow_the_conventions_of_prometheus) {
  std::set<std::string_view> names;
  for (const auto& f : all_families) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name << " is there twice";
    EXPECT_TRUE(f.name.starts_with("truckee_")) << f.name;
    EXPECT_EQ(f.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << f.name;
    EXPECT_TRUE(f.help.ends_with(".")) << f.name << " has no sentence of help";
    EXPECT_EQ(f.name.ends_with("_total"), f.type == family_type::counter) << f.name;
    if (f.type == family_type::histogram) {
      EXPECT_TRUE(f.name.ends_with("_seconds") || f.name.ends_with("_servers")) << f.name << " has no unit";
    }
    if (f.name.find("bytes") != f.name.npos) {
      EXPECT_TRUE(f.name.ends_with("_bytes") || f.name.ends_with("_bytes_total")) << f.name;
    }
    if (f.name.find("duration") != f.name.npos) {
      EXPECT_TRUE(f.name.ends_with("_duration_seconds")) << f.name;
    }
    for (const auto* unit : {"milli", "micro", "kilo", "mega", "minutes", "percent"})
      EXPECT_EQ(f.name.find(unit), std::string_view::npos) << f.name << " is not in a base unit";
    for (const auto* reserved : {"_count", "_sum", "_bucket"})
      EXPECT_FALSE(f.name.ends_with(reserved)) << f.name;
    for (const auto* foreign : {"le", "quantile", "job", "instance"})
      EXPECT_EQ((" " + std::string{f.labels} + " ").find(" " + std::string{foreign} + " "),
                std::string::npos);
  }
}

TEST(metrics, series_in_a_registry_of_others_have_labels_of_their_own_and_leave_with_their_recorder) {
  const auto registry = std::make_shared<prometheus::Registry>();
  {
    const auto one = recorder::in(registry, {{"client", "one"}}, {}).value();
    const auto two = recorder::in(registry, {{"client", "two"}}, {}).value();
    one->keys_ready_are(3);
    two->keys_ready_are(5);
    one->server("alpha").share_was_corrupt();
    EXPECT_EQ(sample(*two, R"(truckee_keys_ready{client="one"})"), 3);
    EXPECT_EQ(sample(*two, R"(truckee_keys_ready{client="two"})"), 5);
    EXPECT_EQ(sample(*two, R"(truckee_corrupt_shares_total{client="one",server="alpha"})"), 1);
    const auto again = recorder::in(registry, {{"client", "one"}}, {});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, errc::configuration);
    for (const auto* name : {"", "server", "le", "__x", "1x", "a-b"})
      EXPECT_FALSE(recorder::in(registry, {{name, "x"}}, {})) << name;
  }
  std::size_t series = 0;
  for (const auto& family : registry->Collect())
    series += family.metric.size();
  EXPECT_EQ(series, 0U);
}

TEST(metrics, every_kind_of_error_has_a_label_of_its_own) {
  std::set<std::string_view> labels;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto o = outcome_at(i);
    EXPECT_EQ(index_of(o), i);
    if (!o)
      continue;
    // The same words as to_string, so that a log and a dashboard can be read together.
    std::string words{to_string(*o)};
    std::replace(words.begin(), words.end(), ' ', '_');
    std::replace(words.begin(), words.end(), '-', '_');
    const auto label = to_label(o);
    EXPECT_TRUE(labels.insert(label).second) << label;
    EXPECT_TRUE(words.starts_with(label) || label == "io" || label == "internal")
        << label << " for " << words;
  }
  EXPECT_EQ(to_label(outcome{}), "ok");
  EXPECT_EQ(to_label(outcome{static_cast<errc>(outcome_count)}), "other")
      << "errc grew; labels.cpp must follow";
}
