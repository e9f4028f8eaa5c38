#include "truckee/actors/node/client_node.hpp"
#include "truckee/actors/publish/publish_picture.hpp"
#include "truckee/metrics/metrics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <prometheus/registry.h>

// What counting and showing cost: the time of all metric events, and of all that status is told, of one
// update of a 1 KiB file on ten servers (client and servers in this process, durability none: the quickest
// publish there is), against the update itself, in one run.
//
// metrics_bench [DIRECTORY]: the stores go below DIRECTORY (default: ./metrics-bench); what lies there is
// removed.
namespace {

using namespace truckee;
using namespace truckee::metrics;
using clock_type = std::chrono::steady_clock;

constexpr int rounds = 301;
constexpr int servers = 10;

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

/// Counted events and observations so far; bytes are no events.
double events_of(const recorder& r) {
  double out = 0;
  for (const auto& family : r.registry()->Collect())
    for (const auto& metric : family.metric) {
      if (family.name.find("bytes") == family.name.npos && family.type == prometheus::MetricType::Counter)
        out += metric.counter.value;
      if (family.type == prometheus::MetricType::Histogram)
        out += static_cast<double>(metric.histogram.sample_count);
    }
  return out;
}

/// Everything that is said during one update: more than is said, not less, which main() checks.
void say_all(const std::shared_ptr<recorder>& r, const std::vector<std::string>& names) {
  const seconds took{0.001};
  r->publish_waits();
  r->publish_stops_waiting();
  for (const auto& name : names) { // the map: a read each, two of some
    for (int i = 0; i < 2; ++i) {
      r->store(name).served(storage_operation::read, {}, took);
      r->store(name).bytes_read(4000);
      r->server(name).read_answered({}, took);
    }
  }
  r->stage_took(stage::map, took);
  running_publish publish{r};
  for (const auto s : {stage::encrypt, stage::encode, stage::hash, stage::sign, stage::pack, stage::push})
    r->stage_took(s, took);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& server = r->server(names[i]);
    r->share_bytes_sent(2000);
    r->in_flight(2000);
    publish.progress(10, i, 10 - i);
    r->store(names[i]).served(storage_operation::read_test_write, {}, took);
    r->store(names[i]).bytes_written(2000);
    server.shares_written(server_outcome::written, 1, took);
    r->in_flight(-2000);
    publish.progress(10, i + 1, 9 - i);
  }
  for (std::uint8_t kind = 0; kind < surprise_count; ++kind)
    r->surprised(static_cast<surprise>(kind), 0);
  r->plaintext_given(file_format::sdmf, 1024);
  publish.ended({{}, took, 10, 7, 0, 0});
  r->operation_ended(operation_kind::publish, {}, took);
}

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "metrics_bench: " << why << std::endl;
  std::exit(1);
}

struct measured {
  double update_seconds;
  double events;
};

measured update(const std::filesystem::path& home) {
  auto client = actors::client_node::start(
      {.grid = settings::embedded_grid(home), .data_home = home, .durability = storage::durability::none});
  if (!client)
    give_up(to_string(client.error()));
  const auto content = [](int i) {
    return shared_bytes::copy_of(std::string(1024, static_cast<char>('a' + i % 26)));
  };
  const auto made = (*client)->ask(messages::publish_request{.content = content(0)});
  if (!made.ok)
    give_up(to_string(made.failure));
  const auto& r = *(*client)->metrics();
  const double before = events_of(r);
  std::vector<double> took;
  for (int i = 1; i <= rounds; ++i) {
    const auto start = clock_type::now();
    const auto put =
        (*client)->ask(messages::publish_request{.write_cap = made.write_cap, .content = content(i)});
    took.push_back(std::chrono::duration<double>(clock_type::now() - start).count());
    if (!put.ok)
      give_up(to_string(put.failure));
  }
  return {median(std::move(took)), (events_of(r) - before) / rounds};
}

measured count() {
  const auto r = std::make_shared<recorder>();
  std::vector<std::string> names;
  for (int i = 0; i < servers; ++i)
    names.push_back(std::to_string(i));
  say_all(r, names);
  const double before = events_of(*r);
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    const auto start = clock_type::now();
    say_all(r, names);
    took.push_back(std::chrono::duration<double>(clock_type::now() - start).count());
  }
  return {median(std::move(took)), (events_of(*r) - before) / rounds};
}

/// The picture that status gets of one update: ten messages, seven stages, taken when it begins, once while
/// it runs (no publish that quick is) and when it ends.
void show_all(const actors::server_list_ptr& list) {
  messages::publish_detail detail;
  detail.mode = publish_mode::update;
  actors::publish_picture picture(system_time(), list, std::move(detail), {{stage::map, 0.001}});
  std::map<grid::share_place, grid::share_state> shares;
  (void)picture.taken(shares);
  for (const auto each : {stage::encrypt, stage::encode, stage::hash, stage::sign, stage::pack})
    picture.stage_begins(each);
  picture.stages_ended({{stage::encrypt, 0.1},
                        {stage::encode, 0.1},
                        {stage::hash, 0.1},
                        {stage::sign, 0.1},
                        {stage::pack, 0.1}});
  picture.stage_begins(stage::push);
  grid::message_id id = 0;
  for (const auto& server : list->entries()) {
    picture.message_sent(++id, server.id, 1);
    shares[{server.id, {static_cast<std::uint8_t>(id)}}] = grid::share_state::outstanding;
  }
  (void)picture.taken(shares);
  for (; id > 0; --id)
    picture.message_answered(id, server_outcome::written, {}, 0.001);
  picture.happiness_is(10);
  (void)picture.taken(shares);
}

double show() {
  std::vector<actors::server_entry> entries;
  for (std::uint8_t i = 0; i < servers; ++i) {
    actors::server_entry entry;
    entry.name = std::to_string(i);
    entry.id.data[0] = std::byte{i};
    entries.push_back(std::move(entry));
  }
  const auto list = std::make_shared<const actors::server_list>(std::move(entries));
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    const auto start = clock_type::now();
    show_all(list);
    took.push_back(std::chrono::duration<double>(clock_type::now() - start).count());
  }
  return median(std::move(took));
}

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path home = argc > 1 ? argv[1] : "metrics-bench";
  std::filesystem::remove_all(home);
  const auto real = update(home);
  std::filesystem::remove_all(home);
  const auto counted = count();
  const auto shown = show();
  std::cout << fmt::format("an update of 1 KiB:  {:8.1f} µs, {:.0f} events counted (median of {})\n"
                           "saying them all:     {:8.1f} µs, {:.0f} events\n"
                           "counting costs       {:8.2f} %\n"
                           "showing it all:      {:8.1f} µs, {:.2f} %\n",
                           real.update_seconds * 1e6, real.events, rounds, counted.update_seconds * 1e6,
                           counted.events, 100 * counted.update_seconds / real.update_seconds, shown * 1e6,
                           100 * shown / real.update_seconds);
  if (counted.events < real.events)
    give_up("an update counts more events than are timed here; say_all() has to follow");
}
