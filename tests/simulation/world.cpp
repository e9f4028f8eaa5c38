#include "simulation/world.hpp"

#include "truckee/grid/publish/write_message.hpp"

#include <algorithm>

namespace truckee::simulation {

using grid::file_version;
using grid::storage_status;

bytes share_bytes(const file_version& version, share_number number) {
  auto out = grid::pack_prefix(version);
  out.resize(grid::sdmf_prefix_size + 1);
  out.push_back(static_cast<std::byte>(number.value));
  return out;
}

std::uint64_t seal_offset() {
  return grid::sdmf_prefix_size + 2;
}

bool is_share(byte_view data, const grid::file_version& version, share_number number) {
  const auto whole = share_bytes(version, number);
  return data.size() >= whole.size() && equal(data.first(whole.size()), whole);
}

grid::write_outcome outcome_of(const grid::read_test_write& message,
                               const delivered<grid::read_test_write_answer>& what) {
  switch (what.how) {
  case delivery::answered:
    return grid::judge_answer(message, what.answer);
  case delivery::never_sent:
    return grid::transport_failure(false, "connection refused");
  case delivery::lost:
    return grid::transport_failure(true, "connection lost");
  case delivery::timed_out:
    return grid::transport_failure(true, "no answer in time");
  }
  return {};
}

world::world(const scenario& s, sim_clock& clock, const make_keeper& make)
  : scenario_(s), clock_(clock), dice_(s.seed ^ 0x5eed) {
  for (std::size_t i = 0; i < s.servers; ++i) {
    sim_server server;
    server.id.data[0] = static_cast<std::byte>(i);
    server.id.data[19] = std::byte{1};
    server.slot = make(server.id);
    index_[server.id] = i;
    order_.push_back(server.id);
    servers_.push_back(std::move(server));
  }
}

std::optional<grid::strict_setting> world::setting() const {
  if (!scenario_.strict)
    return std::nullopt;
  return grid::strict_setting::make(
             {scenario_.k, scenario_.n, order_, scenario_.strict->liars, scenario_.strict->rounds})
      .value();
}

std::size_t world::add_writer() {
  flying_.emplace_back();
  return flying_.size() - 1;
}

void world::violation(int invariant, const std::string& what) {
  violations_.push_back("seed " + std::to_string(scenario_.seed) + ", invariant " +
                        std::to_string(invariant) + ": " + what);
}

void world::trace(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  for (const auto value : {clock_.now(), a, b, c})
    trace_ = (trace_ ^ value) * 0x100000001b3U;
}

bool signed_version::accounts_for(update_id update) const {
  return std::ranges::find(content, update) != content.end() || replaced.contains(update);
}

file_version world::sign(sequence_number sequence, update_list content, std::set<update_id> replaced) {
  file_version v;
  v.sequence = sequence;
  v.salt.emplace();
  store_be(v.root.view().first(8), dice_.raw());
  store_be(v.root.view().subspan(8, 8), std::uint64_t{signed_.size()}); // never the same twice
  v.k = scenario_.k;
  v.n = scenario_.n;
  v.segment_size = v.k;
  v.data_length = 1;
  signed_[v.root] = {v, std::move(content), std::move(replaced)};
  return v;
}

const signed_version* world::find(const file_version& version) const {
  const auto found = signed_.find(version.root);
  return found != signed_.end() && found->second.version == version ? &found->second : nullptr;
}

bytes world::bytes_of(const update_list& content) const {
  bytes out;
  for (const auto update : content) {
    std::array<std::byte, 4> word{};
    store_be(mutable_byte_view(word), scenario_.alike ? update % 3 : update);
    out.insert(out.end(), word.begin(), word.end());
  }
  return out;
}

std::size_t world::applied_twice() const {
  std::set<update_id> out;
  for (const auto& [root, made] : signed_)
    for (auto at = made.content.begin(); at != made.content.end(); ++at)
      if (std::find(at + 1, made.content.end(), *at) != made.content.end())
        out.insert(*at);
  return out.size();
}

std::optional<file_version> world::truly_best() const {
  std::map<file_version, std::set<share_number>> good;
  for (const auto& server : servers_)
    for (const auto& [number, data] : server.slot->shares())
      if (const auto v = grid::parse_prefix(data); v && proves_true(*v) && is_share(data, *v, number))
        good[*v].insert(number);
  std::optional<file_version> best;
  for (const auto& [version, numbers] : good)
    if (numbers.size() >= version.k)
      best = version;
  return best;
}

// -- faults --

bool world::happens(fault what, double p) {
  if (!faults_on_ || !dice_.chance(p))
    return false;
  ++tally_.faults.at(static_cast<std::size_t>(what));
  return true;
}

void world::start_faults() {
  faults_on_ = true;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    servers_[i].up = !happens(fault::server_down, scenario_.down);
    servers_[i].full = happens(fault::full, scenario_.full);
    servers_[i].read_only = happens(fault::read_only, scenario_.read_only);
    servers_[i].lying = dice_.chance(scenario_.lying);
    plan_server_faults(i);
  }
}

void world::stop_faults() {
  faults_on_ = false;
  for (auto& server : servers_) {
    server.up = true;
    server.full = server.read_only = server.lying = false;
  }
}

void world::plan_server_faults(std::size_t number) {
  // Most of a run's work happens in its first seconds, the rest within minutes: look at both.
  const auto some_time = [this] {
    return dice_.chance(0.5) ? dice_.below(scenario_.start_within + 20 * scenario_.delay_most + 1)
                             : dice_.below(120 * second);
  };
  const auto go = [this, number](sim_time when, std::function<void(sim_server&)> what) {
    clock_.after(when, [this, number, what = std::move(what)] {
      if (faults_on_)
        what(servers_[number]);
    });
  };
  if (dice_.chance(scenario_.flapping))
    for (auto flaps = dice_.between(1, 3); flaps > 0; --flaps) {
      const auto when = some_time();
      go(when, [this](sim_server& server) {
        server.up = !server.up;
        ++tally_.faults.at(static_cast<std::size_t>(fault::server_crash));
      });
      go(when + 1 +
             (dice_.chance(0.5) ? dice_.below(4 * scenario_.delay_most + 1) : dice_.below(60 * second)),
         [](sim_server& server) { server.up = !server.up; });
    }
  if (dice_.chance(scenario_.back_in_time)) {
    const auto kept = some_time();
    go(kept, [](sim_server& server) { server.snapshots.push_back(server.slot->shares()); });
    go(kept + 1 + some_time(), [this](sim_server& server) {
      if (server.snapshots.empty())
        return;
      server.slot->become(server.snapshots.back());
      ++server.rollbacks;
      ++tally_.faults.at(static_cast<std::size_t>(fault::back_in_time));
    });
  }
  if (dice_.chance(scenario_.corrupted))
    go(some_time(), [this](sim_server& server) { damage(server, false); });
  if (dice_.chance(scenario_.swapped))
    go(some_time(), [this](sim_server& server) { damage(server, true); });
}

void world::damage(sim_server& server, bool swap) {
  auto shares = server.slot->shares();
  if (shares.empty())
    return;
  if (swap) {
    const share_number other{static_cast<std::uint8_t>(dice_.below(scenario_.n))};
    shares[other] = shares.begin()->second;
    server.slot->become(std::move(shares));
    ++tally_.faults.at(static_cast<std::size_t>(fault::swapped));
    return;
  }
  auto& data = std::next(shares.begin(), static_cast<std::ptrdiff_t>(dice_.below(shares.size())))->second;
  if (data.empty())
    return;
  data[dice_.below(data.size())] ^= static_cast<std::byte>(dice_.between(1, 255));
  server.slot->become(std::move(shares));
  ++tally_.faults.at(static_cast<std::size_t>(fault::corrupted));
}

// -- the network --

struct world::write_under_way : under_way<grid::read_test_write_answer> {
  server_id to;
  grid::read_test_write message;
};

void world::send_write(std::size_t writer, const server_id& to, grid::read_test_write message,
                       sim_time deadline, write_done done) {
  ++tally_.messages;
  constexpr std::size_t place_bytes = 17; // share number, offset and length
  for (const auto& change : message.changes)
    for (const auto& test : change.tests)
      tally_.test_bytes += place_bytes + test.specimen.size();
  auto r = std::make_shared<write_under_way>(write_under_way{{std::move(done)}, to, std::move(message)});
  if (!at(to).up && dice_.chance(0.5)) { // the rest are black holes: found out by the deadline
    clock_.after(one_way(), [r] { r->settle({delivery::never_sent, {}}); });
    return;
  }
  clock_.after(deadline, [r] { r->settle({delivery::timed_out, {}}); });
  const int copies = happens(fault::duplicate, scenario_.duplicate) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (happens(fault::request_lost, scenario_.request_lost))
      continue;
    const bool late = happens(fault::late_landing, scenario_.late_landing);
    ++flying_[writer].count;
    clock_.after(late ? deadline + dice_.below(20 * second) : one_way(),
                 [this, writer, r] { arrive(writer, r); });
  }
}

void world::arrive(std::size_t writer, const std::shared_ptr<write_under_way>& r) {
  auto& mine = flying_[writer];
  --mine.count;
  mine.last_end = clock_.now();
  auto& server = at(r->to);
  if (!server.up) {
    if (dice_.chance(0.5)) // reset by a dying peer, not silence
      clock_.after(one_way(), [r] { r->settle({delivery::lost, {}}); });
    return;
  }
  const auto answer = serve(server, r->message);
  trace(1, index_.at(r->to), static_cast<std::uint64_t>(answer.status));
  if (happens(fault::answer_lost, scenario_.answer_lost))
    return;
  clock_.after(one_way(), [r, answer] { r->settle({delivery::answered, answer}); });
}

grid::read_test_write_answer world::serve(sim_server& server, const grid::read_test_write& message) {
  grid::read_test_write_answer answer;
  if (server.full || server.read_only) {
    answer.status = server.full ? storage_status::no_space : storage_status::read_only;
    return answer;
  }
  if (server.lying && happens(fault::lie, 0.5)) {
    answer = server.slot->pretend(message); // says so, keeps nothing
    lie(answer);
    return answer;
  }
  const auto before = server.slot->shares();
  answer = server.slot->apply(message);
  if (answer.status == storage_status::ok)
    check_tests(before, message);
  return answer;
}

void world::check_tests(const share_bytes_map& before, const grid::read_test_write& message) {
  // The store enforces the tests it gets; this asks whether the message had one that covers what it replaced.
  for (const auto& change : message.changes) {
    if (change.writes.empty() && !change.new_length)
      continue;
    const auto old = before.find(change.share);
    const bool covered = std::ranges::any_of(change.tests, [&](const grid::test_vector& test) {
      if (old == before.end() || old->second.empty())
        return test.length >= 1 && test.specimen.empty();
      const auto v = grid::parse_prefix(old->second);
      const auto least = v ? grid::pack_checkstring(*v).size()
                           : std::min<std::size_t>(grid::sdmf_checkstring_size, old->second.size());
      return test.offset == 0 && test.specimen.size() >= least &&
             equal(test.specimen.view().first(least), byte_view{old->second}.first(least));
    });
    if (!covered)
      violation(3, "share " + std::to_string(change.share.value) +
                       " was overwritten without a test on what was there");
  }
}

void world::lie(grid::read_test_write_answer& answer) {
  switch (dice_.below(4)) {
  case 0: // claims to have written what it drops
    return;
  case 1: { // invents a version
    file_version v;
    v.sequence.value = dice_.below(12);
    store_be(v.root.view().first(8), dice_.raw());
    v.salt.emplace();
    v.k = scenario_.k;
    v.n = scenario_.n;
    answer.status = storage_status::test_failed;
    answer.reads[share_number{static_cast<std::uint8_t>(dice_.below(scenario_.n))}] = {
        shared_bytes(grid::pack_prefix(v))};
    return;
  }
  case 2: // does not keep to what was asked
    answer.reads[share_number{0}] = {};
    return;
  default:
    answer.status = dice_.chance(0.5) ? storage_status::refused : storage_status::test_failed;
    answer.detail = "because";
    return;
  }
}

void world::lie(share_bytes_map& shares) {
  if (dice_.chance(0.5)) {
    shares.clear();
    return;
  }
  for (auto& [number, data] : shares)
    if (!data.empty())
      data[dice_.below(data.size())] ^= static_cast<std::byte>(dice_.between(1, 255));
}

} // namespace truckee::simulation
