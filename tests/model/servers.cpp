#include "model/servers.hpp"

#include "model/as_key.hpp"

namespace truckee::model {

namespace {

std::string key_of_message(std::uint8_t place, const grid::read_test_write& message) {
  auto out = key_of(place);
  for (const auto& change : message.changes) {
    add_key(out, std::tie(change.share, change.new_length));
    for (const auto& test : change.tests)
      add_key(out, std::make_tuple('t', test.offset, test.length, test.specimen.view()));
    for (const auto& write : change.writes)
      add_key(out, std::make_tuple('w', write.offset, write.data.view()));
  }
  return out;
}

std::string name_of_share(const grid::held_share& share) {
  const auto& sealed = std::get<grid::sealed_share>(share);
  return name_of(sealed.version) + name_of(sealed.seal);
}

std::string describe_plan(const grid::publish_message& message, const grid::file_version& ours) {
  std::string does;
  std::string tests;
  for (const auto& planned : message.shares) {
    const auto number = "#" + std::to_string(planned.share.value);
    const auto* there = std::get_if<grid::file_version>(&planned.expect);
    if (planned.step == grid::share_step::write)
      does += " write " + number + " of " + name_of(ours) + ";";
    else if (planned.step == grid::share_step::remove)
      does += " delete " + number + ";";
    else if (planned.step == grid::share_step::patch)
      does += " sign " + number + " of " + (there ? name_of(*there) : "?") + " anew as " +
              name_of(seal_of_signature(planned.bytes.front().data.view())) + ";";
    if (there) {
      tests += " " + number + "=" + name_of(*there);
      for (const auto& also : planned.also)
        tests += name_of(seal_of_signature(also.specimen.view()));
    }
  }
  return does + " if the slot is" + (tests.empty() ? " empty" : tests);
}

} // namespace

std::uint32_t servers::slot(const std::map<share_number, bytes>& shares) {
  return slots_.number(key_of(shares), [&] {
    known_slot out;
    out.bytes.shares = shares;
    for (const auto& [number, data] : shares)
      out.contents.emplace(number, read_share(data));
    return out;
  });
}

std::string servers::describe(std::uint32_t slot) const {
  std::string out;
  for (const auto& [number, share] : contents(slot))
    out += " #" + std::to_string(number.value) + "=" + name_of_share(share);
  return out.empty() ? " empty" : out;
}

std::uint32_t servers::take(std::uint8_t place, const grid::publish_message& message,
                            const grid::file_version& ours, byte_view signature) {
  grid::share_contents encoded;
  for (const auto& planned : message.shares)
    encoded[planned.share] = grid::whole_share(shared_bytes(make_share(ours, planned.share, signature)));
  auto built = grid::build_message(message, encoded, {}, {}).value();
  auto key = key_of_message(place, built);
  return requests_.number(std::move(key), [&] {
    return request{place, std::move(built), describe_plan(message, ours)};
  });
}

std::uint32_t servers::outcome(const grid::write_outcome& what) {
  return outcomes_.number(key_of(what.kind, what.found), [&] { return what; });
}

landing servers::land(std::uint32_t message, std::uint32_t slot) {
  const auto [at, added] = landings_.try_emplace((std::uint64_t{message} << 32) | slot);
  if (added) {
    auto after = slots_[slot].bytes;
    const auto& sent = requests_[message].message;
    const auto answer = after.apply(sent);
    landing out;
    out.passed = answer.status == grid::storage_status::ok;
    out.outcome = outcome(grid::judge_answer(sent, answer));
    out.slot = this->slot(after.shares);
    at->second = out; // nothing above adds to landings_
  }
  return at->second;
}

} // namespace truckee::model
