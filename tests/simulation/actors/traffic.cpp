#include "simulation/actors/traffic.hpp"

#include "truckee/grid/publish/write_message.hpp"
#include "truckee/shares/share_format.hpp"

namespace truckee::simulation {

using namespace truckee::grid;

namespace {

std::vector<std::pair<std::uint64_t, std::uint64_t>> places_in(const slot_read& question) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  for (const auto& read : question.reads)
    out.emplace_back(read.offset, read.length);
  return out;
}

} // namespace

sent_version* wire_record::find(const file_version& version) {
  const auto at = sent_.find(version.root);
  return at != sent_.end() && at->second.version == version ? &at->second : nullptr;
}

sent_version& wire_record::note(std::size_t writer, const file_version& version) {
  auto& out = sent_[version.root];
  if (out.version != version) {
    out.version = version;
    out.writer = writer;
  }
  return out;
}

void wire_record::goes_out(std::size_t writer, const file_version& version, const read_test_write& message) {
  for (const auto& change : message.changes) {
    if (change.writes.empty())
      continue;
    auto& held = in_flight_[writer][{version.root, change.share}];
    ++held.messages;
    held.sent = world_.clock().now();
    held.bytes = 0;
    for (const auto& write : change.writes)
      held.bytes += write.data.size();
  }
  std::uint64_t sum = 0;
  for (const auto& [who, shares] : in_flight_)
    for (const auto& [share, held] : shares)
      if (std::chrono::microseconds(world_.clock().now() - held.sent) < world_.limits().slow_least)
        sum += held.bytes;
  if (budget_ > 0 && sum > budget_ && in_flight_.size() > 1)
    world_.violation(5, std::to_string(sum) + " bytes of shares under way, the budget is " +
                            std::to_string(budget_));
}

void wire_record::comes_back(std::size_t writer, const file_version& version,
                             const read_test_write& message) {
  const auto at = in_flight_.find(writer);
  if (at == in_flight_.end())
    return;
  for (const auto& change : message.changes)
    if (const auto held = at->second.find({version.root, change.share});
        held != at->second.end() && --held->second.messages == 0)
      at->second.erase(held);
  if (at->second.empty())
    in_flight_.erase(at);
}

void traffic::operation_begins() {
  ++operation_;
  last_sent_.reset();
  saw_newer_ = false;
  asked_.clear();
  writing_.clear();
  map_reads_.clear();
  fetches_.clear();
  for (const auto& server : world_.servers())
    rollbacks_[server.id] = server.rollbacks;
}

void traffic::operation_ends() {
  wires_.nothing_under_way(writer_);
}

file_version traffic::write_goes_out(const server_id& to, const read_test_write& message) {
  file_version version;
  for (const auto& change : message.changes)
    for (const auto& write : change.writes)
      if (const auto v = parse_prefix(write.data.view()); v && write.offset == 0) {
        version = *v;
        auto& sent = wires_.note(writer_, *v);
        if (change.writes.size() == 1) // else it is a part
          sent.shares[change.share] = to_bytes(write.data.view());
      }
  auto& record = wires_.note(writer_, version);
  for (const auto& change : message.changes)
    for (const auto& test : change.tests)
      if (const auto v = parse_prefix(test.specimen.view()))
        record.tested.insert(*v);
      else
        // A checkstring names the version it belongs to by its root.
        for (const auto& there : world_.at(to).slot->shares())
          if (const auto on_disk = parse_prefix(there.second))
            if (const auto name = pack_checkstring(*on_disk);
                test.specimen.size() >= name.size() && equal(name, test.specimen.view().first(name.size())))
              record.tested.insert(*on_disk);
  if (last_sent_ != version) {
    last_sent_ = version;
    saw_newer_ = false;
  }
  mine_.insert(version);
  if (!writing_.insert({to, version}).second)
    world_.violation(5, "a second write to a server whose answer is still out");
  wires_.goes_out(writer_, version, message);
  asked_.clear(); // the next map is another one, and so is the next read
  map_reads_.clear();
  fetches_.clear();
  world_.trace(5, writer_, load_be<std::uint64_t>(version.root.view().first(8)));
  return version;
}

void traffic::write_comes_back(const server_id& from, const file_version& version,
                               const read_test_write& message,
                               const delivered<read_test_write_answer>& what) {
  writing_.erase({from, version});
  wires_.comes_back(writer_, version, message);
  if (what.how == delivery::answered && version == last_sent_)
    found(from, what.answer.reads);
}

void traffic::read_goes_out(const server_id& to, const slot_read& question) {
  world_.trace(6, writer_, question.reads.empty() ? 0 : question.reads.front().length);
  const auto& limits = world_.limits();
  if (question.shares.empty() && question.reads.size() == 1 &&
      question.reads.front().length == shares::first_read_size) {
    if (!asked_.insert(to).second) { // asked before: another map
      asked_ = {to};
      map_reads_.clear();
      fetches_.clear(); // what an earlier read gave up may still be out
    }
    const auto now = world_.clock().now();
    map_reads_[to] = now;
    // One that is slow is waited for no longer, and another asked.
    const auto waited_for = std::ranges::count_if(map_reads_, [&](const auto& each) {
      return std::chrono::microseconds(now - each.second) < limits.slow_least;
    });
    if (std::cmp_greater(waited_for, std::max(limits.map_batch_max, limits.map_in_flight_max)))
      world_.violation(5, std::to_string(waited_for) + " servers asked at a time for one map");
  } else if (question.reads.size() == 2 && ++fetches_[places_in(question)] > limits.fetches_in_flight_max) {
    world_.violation(5, std::to_string(fetches_[places_in(question)]) +
                            " shares fetched at a time for one read");
  }
}

void traffic::read_comes_back(const server_id& from, const slot_read& question,
                              const delivered<slot_read_answer>& what) {
  if (question.reads.size() != 2)
    map_reads_.erase(from);
  else if (const auto of = fetches_.find(places_in(question)); of != fetches_.end() && --of->second == 0)
    fetches_.erase(of);
  const bool reread = question.shares.empty() && question.reads.front().length == prefix_read_size;
  if (reread && what.how == delivery::answered)
    found(from, what.answer.reads);
}

void traffic::found(const server_id& server, const share_reads& reads) {
  if (!last_sent_ || world_.at(server).lying || !world_.conditions().honest())
    return;
  for (const auto& [number, data] : reads)
    if (const auto v = data.empty() ? result<file_version>(fail(errc::not_found, ""))
                                    : parse_prefix(data.front().view());
        v && !mine_.contains(*v) && v->sequence >= last_sent_->sequence)
      saw_newer_ = true;
}

} // namespace truckee::simulation
