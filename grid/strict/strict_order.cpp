#include "truckee/grid/strict/strict_order.hpp"

#include "truckee/grid/publish/write_message.hpp"
#include "truckee/grid/strict/rules.hpp"

#include <algorithm>

namespace truckee::grid {

namespace {

/// So often one server's message is sent again because old shares went: each time somebody else has published.
constexpr std::size_t resends_max = 20;

/// The test on a share that is there, beside the one on its beginning.
std::vector<test_vector> seal_test(const held_share& share, std::uint64_t at) {
  const auto* sealed = std::get_if<sealed_share>(&share);
  if (!sealed)
    return {};
  return {{at, share_seal::size, shared_bytes::copy_of(sealed->seal.view())}};
}

belief belief_of(const held_share& share) {
  if (const auto* sealed = std::get_if<sealed_share>(&share))
    return sealed->version;
  return std::get<bad_share>(share);
}

/// What is read back is what is known, as far as tests compare it.
bool is_still(const held_share& known, byte_view seen, std::uint64_t seal_at) {
  if (const auto* bad = std::get_if<bad_share>(&known)) {
    const byte_view was = bad->seen; // more of it may be known than is read back, or less
    const auto shorter = std::min(was.size(), seen.size());
    const bool whole = seen.size() >= was.size() || seen.size() >= seal_at + share_seal::size;
    return whole && std::ranges::equal(was.first(shorter), seen.first(shorter));
  }
  return passes(test_for(belief_of(known)), seen) &&
         std::ranges::all_of(seal_test(known, seal_at),
                             [&](const test_vector& test) { return passes(test, seen); });
}

} // namespace

map_needs strict_order::map(bool) const {
  return {map_mode::write, true};
}

result<void> strict_order::admit(const publish_request& request) const {
  const auto& setting = task_.known.setting();
  const auto& version = request.version;
  if (version.k != setting.k() || version.n != setting.n())
    return fail(errc::usage, "the file is kept " + std::to_string(setting.k()) + " of " +
                                 std::to_string(setting.n()) + ", and this version is " +
                                 std::to_string(version.k) + " of " + std::to_string(version.n));
  if (!strict::enough_answered(task_.known))
    return fail(errc::not_enough_servers, std::to_string(setting.counted(task_.known.slots())) + " of " +
                                              std::to_string(setting.places()) + " servers answered, " +
                                              std::to_string(setting.confirming()) +
                                              " needed; nothing written");
  if (task_.fill_in) {
    if (strict::missing_places(task_.known, version).empty())
      return fail(errc::refused,
                  "no server misses a confirmed version, or not all have been heard; nothing written");
    return {};
  }
  const auto number = strict::next_number(task_.known);
  if (!number || version.sequence < *number)
    return fail(errc::usage, "sequence number " + std::to_string(version.sequence.value) +
                                 " is not above all that was seen");
  return {};
}

void strict_order::goal(publish_tables& tables) {
  base_ = strict::base(task_.known);
  partials_ = strict::newer_partials(task_.known);
  kept_map_ = tables.asked().kept_map;
  if (task_.fill_in)
    return begin_filling(tables);
  // Who makes a file is alone with it, and there is nothing to sign anew.
  if (strict::needs_barrier(task_.known) && !tables.asked().new_file)
    begin_sealing();
  else
    begin_writing(tables);
}

void strict_order::place(publish_tables& tables) {
  if (sealing_ && !no_barrier_ && to_send_.empty() && tables.busy().empty())
    begin_writing(tables);
}

void strict_order::begin_sealing() {
  sealing_ = true;
  to_send_ = strict::servers_to_seal(task_.known);
}

std::map<server_id, std::vector<share_number>> strict_order::places_on(const std::set<server_id>& on) const {
  auto out = strict::places(task_.known, on);
  if (out.size() < on.size())
    if (auto more = strict::places(without_what_goes(), on); more.size() > out.size())
      return more;
  return out;
}

slot_map strict_order::without_what_goes() const {
  auto out = task_.known;
  for (const auto& [server, slot] : task_.known.slots()) {
    auto left = slot;
    for (const auto number : doomed_on(server))
      left.erase(number);
    out.know(server, std::move(left));
  }
  return out;
}

void strict_order::begin_writing(publish_tables& tables) {
  const auto& setting = task_.known.setting();
  std::set<server_id> on;
  for (const auto& [server, slot] : task_.known.slots())
    on.insert(server);
  if (sealing_) {
    no_barrier_ = !strict::barrier_stands(task_.known, sealed_, partials_);
    if (no_barrier_)
      return;
    on = strict::behind_barrier(task_.known, sealed_);
    doomed_ = strict::purgeable(task_.known, sealed_, base_);
    purged_ = doomed_.size();
  }
  doomed_.merge(strict::outdated(task_.known));
  ours_ = places_on(on);
  if (!setting.confirmed_by(ours_) && !sealing_)
    return begin_sealing(); // R7: dead versions make room
  if (!setting.confirmed_by(ours_) && base_ && strict::excluded(task_.known, sealed_, *base_)) {
    doomed_.insert(*base_); // nobody was told of it, and its content is in ours
    ours_ = places_on(on);
  }
  sealing_ = false;
  send_to_all_places(tables);
}

void strict_order::begin_filling(publish_tables& tables) {
  const auto& version = tables.version();
  ours_ = strict::missing_places(task_.known, version);
  confirming_ = task_.known.showing(version);
  for (const auto& [server, slot] : task_.known.slots())
    for (const auto& [number, share] : slot)
      if (const auto* there = version_of(share); there && *there == version)
        tables.mark_placed({server, number}); // what is told of is the version as it then stands
  const auto versions = task_.known.versions();
  doomed_.insert(versions.begin(), versions.lower_bound(version)); // R6: where it goes to
  send_to_all_places(tables);
}

void strict_order::send_to_all_places(publish_tables& tables) {
  for (const auto& [server, numbers] : ours_) {
    for (const auto number : numbers)
      tables.aim_at({server, number});
    to_send_.insert(server);
  }
  placed_ = true;
}

// -- messages --

std::vector<share_number> strict_order::cleared_on(const slot_contents& slot) const {
  if (!task_.clear_damaged || !base_)
    return {};
  return strict::damaged(slot, task_.known.setting().n(), base_->format());
}

std::vector<share_number> strict_order::doomed_on(const server_id& server) const {
  const auto& slot = task_.known.slots().at(server);
  auto out = strict::beyond(slot, task_.known.setting().n());
  for (const auto& [number, share] : slot)
    if (const auto* version = version_of(share);
        version && number.value < task_.known.setting().n() && doomed_.contains(*version))
      out.push_back(number);
  for (const auto number : cleared_on(slot))
    out.push_back(number);
  return out;
}

server_message strict_order::message_to(const server_id& server) const {
  const auto& slot = task_.known.slots().at(server);
  std::map<share_number, planned_share> all;
  for (std::size_t number = 0; number < task_.known.setting().n(); ++number) {
    const share_number share{static_cast<std::uint8_t>(number)};
    all[share] = {share, share_step::test_only, no_share{}};
  }
  for (const auto& [number, share] : slot)
    all[number] = {number, share_step::test_only, belief_of(share), seal_test(share, task_.seal_at)};
  if (const auto seal = new_seals_.find(server); sealing_ && seal != new_seals_.end()) {
    auto& planned = all.at(*strict::share_to_seal(slot));
    planned.step = share_step::patch;
    planned.bytes = {{task_.seal_at, shared_bytes::copy_of(seal->second)}};
  } else {
    for (const auto number : doomed_on(server))
      all.at(number).step = share_step::remove;
    for (const auto number : ours_.at(server)) {
      all.at(number).step = share_step::write;
      all.at(number).exact = true;
    }
  }
  // Writes first, deletes last: a server that dies half way keeps more, not less.
  server_message out{server, {}};
  for (const auto step : {share_step::write, share_step::patch, share_step::test_only, share_step::remove})
    for (auto& [number, planned] : all)
      if (planned.step == step)
        out.shares.push_back(planned);
  return out;
}

std::vector<server_message> strict_order::messages(const publish_tables& tables) {
  std::vector<server_message> out;
  for (const auto& server : std::exchange(to_send_, {})) {
    if (tables.is_busy(server)) {
      to_send_.insert(server);
      continue;
    }
    if (sealing_) {
      const auto& slot = task_.known.slots().at(server);
      new_seals_[server] = task_.sign(*version_of(slot.at(*strict::share_to_seal(slot))));
    } else
      awaited_.insert(server);
    out.push_back(message_to(server));
  }
  return out;
}

// -- what came back --

void strict_order::judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) {
  awaited_.erase(sent.server);
  switch (outcome.kind) {
  case write_outcome_kind::written:
    return on_written(tables, sent);
  case write_outcome_kind::test_failed:
    return on_test_failed(tables, sent, outcome);
  case write_outcome_kind::unknown:
  case write_outcome_kind::malformed:
    for (const auto& planned : sent.shares)
      if (planned.step == share_step::write)
        tables.mark_unknown({sent.server, planned.share});
    return give_up(tables, sent.server, outcome);
  case write_outcome_kind::no_space:
  case write_outcome_kind::read_only:
  case write_outcome_kind::refused:
  case write_outcome_kind::bad_write_enabler:
  case write_outcome_kind::unreachable:
    return give_up(tables, sent.server, outcome);
  }
}

void strict_order::judge(publish_tables&, const server_id&, const reread_outcome&) {
  // It never asks for another look: a message's own read-back is all that it goes by.
}

void strict_order::on_written(publish_tables& tables, const server_message& sent) {
  auto slot = task_.known.slots().at(sent.server);
  for (const auto& planned : sent.shares)
    switch (planned.step) {
    case share_step::write:
      slot.insert_or_assign(planned.share, sealed_share{tables.version(), task_.seal, task_.note});
      tables.mark_placed({sent.server, planned.share});
      confirming_.insert(sent.server);
      break;
    case share_step::patch:
      std::get<sealed_share>(slot.at(planned.share)).seal = seal_of(new_seals_.at(sent.server));
      std::get<sealed_share>(slot.at(planned.share)).note = task_.note;
      sealed_.insert(sent.server);
      break;
    case share_step::remove:
      slot.erase(planned.share);
      ++retired_;
      tables.learn({sent.server, planned.share}, no_share{});
      break;
    case share_step::test_only:
      break;
    }
  task_.known.know(sent.server, std::move(slot));
}

void strict_order::on_test_failed(publish_tables& tables, const server_message& sent,
                                  const write_outcome& outcome) {
  if (placed_ && std::ranges::any_of(ours_.at(sent.server), [&](share_number number) {
        const auto seen = outcome.found.find(number);
        return seen != outcome.found.end() && passes(test_for(tables.version()), seen->second);
      })) { // an earlier copy of the message landed, whole
    for (const auto number : ours_.at(sent.server))
      tables.mark_placed({sent.server, number});
    confirming_.insert(sent.server);
    task_.known.forget(sent.server);
    return;
  }
  auto slot = task_.known.slots().at(sent.server);
  auto found = outcome.found;
  std::erase_if(found, [](const auto& seen) { return seen.second.empty(); }); // a share without bytes is none
  if (sealing_ && barrier_is_there(sent.server, found))
    return on_written(tables, sent);
  const bool only_less = std::ranges::all_of(found, [&](const auto& seen) {
    const auto known = slot.find(seen.first);
    return known != slot.end() && is_still(known->second, seen.second, task_.seal_at);
  });
  if (only_less && found.size() < slot.size() && resent_ < resends_max) { // somebody retired
    std::erase_if(slot, [&](const auto& entry) { return !found.contains(entry.first); });
    const bool can_seal = !sealing_ || strict::share_to_seal(slot);
    task_.known.know(sent.server, std::move(slot));
    ++resent_;
    if (can_seal)
      to_send_.insert(sent.server);
    return;
  }
  for (const auto& [number, seen] : found) {
    const auto known = slot.find(number);
    if (known != slot.end() && is_still(known->second, seen, task_.seal_at))
      continue;
    if (is_own(tables, known == slot.end() ? nullptr : &known->second, seen))
      continue; // a message of ours that landed late: nobody else is at work
    met_another_ = true;
    tables.add_surprise({{sent.server, number},
                         known == slot.end() ? belief{no_share{}} : belief_of(known->second),
                         read_belief(seen)});
  }
  give_up(tables, sent.server, outcome);
}

bool strict_order::barrier_is_there(const server_id& server,
                                    const std::map<share_number, bytes>& found) const {
  auto slot = task_.known.slots().at(server);
  std::get<sealed_share>(slot.at(*strict::share_to_seal(slot))).seal = seal_of(new_seals_.at(server));
  return std::ranges::equal(slot, found, [&](const auto& known, const auto& seen) {
    return known.first == seen.first && is_still(known.second, seen.second, task_.seal_at);
  });
}

bool strict_order::is_own(const publish_tables& tables, const held_share* known, byte_view seen) const {
  if (seen.size() >= task_.seal_at + share_seal::size &&
      task_.own_seals.contains(seal_of(seen.subspan(task_.seal_at))))
    return true;
  const auto there = read_belief(seen);
  const auto* version = std::get_if<file_version>(&there);
  // A version that was there already, and has another signature now, went through somebody else's barrier.
  return version && tables.view().earlier.contains(*version) && !(known && belief_of(*known) == there);
}

void strict_order::give_up(publish_tables& tables, const server_id& server, const write_outcome& outcome) {
  tables.mark_bad(server, outcome);
  task_.known.forget(server);
}

// -- the end --

bool strict_order::may_confirm(const publish_tables& tables) const {
  auto out = confirming_;
  out.insert(to_send_.begin(), to_send_.end());
  out.merge(tables.busy());
  return task_.known.setting().confirmed_by(out);
}

std::optional<publish_end> strict_order::enough(const publish_tables& tables) const {
  if (task_.fill_in)
    return std::nullopt; // it was confirmed before, and goes to all
  if (no_barrier_ || task_.known.setting().confirmed_by(confirming_))
    return conclude(tables);
  if (!placed_ || may_confirm(tables))
    return std::nullopt;
  // Lost. Where another writer is at work the next try should not wait; else what the others say tells stored from unknown, and
  // of a message on a kept map whether anybody can have built on it.
  if ((met_another_ && !kept_map_) || tables.outstanding().empty())
    return conclude(tables);
  return std::nullopt;
}

bool strict_order::only_waits(const publish_tables&) const {
  return false; // it ends as soon as enough have it, and no sooner
}

bool strict_order::may_stop(const publish_tables&) const {
  return task_.known.setting().places() > 1 || !placed_; // the base stays beside the new shares
}

std::vector<server_message> strict_order::retire(const publish_tables&) {
  return {}; // the next publish does
}

publish_end strict_order::conclude(const publish_tables& tables) const {
  if (task_.known.setting().confirmed_by(confirming_))
    return publish_end::published;
  if (met_another_) // since a kept map was made that may be long ago, and is no collision
    return tables.asked().kept_map ? publish_end::kept_map_stale : publish_end::uncoordinated_write;
  if (!tables.unknown().empty() || !tables.outstanding().empty())
    return publish_end::unconfirmed_unknown;
  return confirming_.empty() ? publish_end::not_enough_servers : publish_end::not_confirmed;
}

slot_map strict_order::left(const file_version& ours) const {
  auto out = task_.known;
  for (const auto& server : awaited_) {
    const auto known = task_.known.slots().find(server);
    if (known == task_.known.slots().end())
      continue;
    auto slot = known->second;
    for (const auto number : doomed_on(server))
      slot.erase(number);
    for (const auto number : ours_.at(server))
      slot.insert_or_assign(number, sealed_share{ours, task_.seal, task_.note});
    out.know(server, std::move(slot));
  }
  return out;
}

void strict_order::account(publish_report& report) const {
  // An older version stays beside the new one until the next publish: nothing was left behind by it.
  std::erase_if(report.stale,
                [](const auto& left) { return std::holds_alternative<file_version>(left.second); });
  const auto& setting = task_.known.setting();
  report.strict = {.confirming = setting.counted(confirming_),
                   .needed = setting.confirming(),
                   .places = setting.places(),
                   .barrier = sealed(),
                   .purged = purged_,
                   .resent = resent_,
                   .met_another = met_another_ && !kept_map_,
                   .retired = retired_,
                   .missed = {setting.all_servers().begin(), setting.all_servers().end()},
                   .seals = {task_.seal}};
  if (setting.confirmed_by(confirming_))
    report.strict->left = std::make_shared<const slot_map>(left(report.version));
  for (const auto* others : {&confirming_, &awaited_})
    for (const auto& server : *others)
      report.strict->missed.erase(server);
  for (const auto& [server, signature] : new_seals_)
    report.strict->seals.insert(seal_of(signature));
}

} // namespace truckee::grid
