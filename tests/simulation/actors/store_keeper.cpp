#include "simulation/actors/store_keeper.hpp"

#include "truckee/shares/sighting.hpp"

namespace truckee::simulation {

sim_file::sim_file(crypto::private_key key, crypto::file_format format) : keys(std::move(key)) {
  const crypto::write_cap cap{format, keys.write, keys.fingerprint};
  access = shares::access_to(cap);
  write_cap = to_text(crypto::file_cap(cap));
}

store_keeper::store_keeper(const server_id& id, const sim_file& file) : file_(file) {
  secrets_.write_enabler = crypto::derive_write_enabler(file.keys.write, id);
  storage::memory_store_options options;
  options.id = id;
  store_ = storage::make_memory_store(std::move(options), [] { return std::uint64_t{1'700'000'000}; });
}

grid::read_test_write_answer store_keeper::apply(const grid::read_test_write& message) {
  shares_.reset();
  auto answer = store_->read_test_write(message);
  if (answer.status == grid::storage_status::ok)
    for (const auto& change : message.changes)
      for (const auto& write : change.writes)
        if (const auto version = grid::parse_prefix(write.data.view()); version && write.offset == 0)
          landed_[version->root][change.share] = shares().at(change.share);
  return answer;
}

share_bytes_map store_keeper::landed(const grid::file_version& version) const {
  const auto at = landed_.find(version.root);
  return at != landed_.end() ? at->second : share_bytes_map{};
}

grid::read_test_write_answer store_keeper::pretend(const grid::read_test_write& message) {
  test::model_slot model;
  model.shares = shares();
  return model.apply(message);
}

const share_bytes_map& store_keeper::shares() {
  if (!shares_) {
    shares_.emplace();
    for (const auto& [number, data] : store_->read({file_.access.slot, {}, {{0, 1U << 24}}}).reads)
      shares_->emplace(number, to_bytes(data.at(0).view()));
  }
  return *shares_;
}

void store_keeper::become(share_bytes_map to) {
  grid::read_test_write all;
  all.slot = file_.access.slot;
  all.secrets = secrets_;
  for (const auto& [number, data] : shares())
    if (!to.contains(number))
      all.changes.push_back({number, {}, {}, 0});
  for (auto& [number, data] : to) {
    const auto size = data.size();
    all.changes.push_back({number, {}, {{0, shared_bytes(std::move(data))}}, size});
  }
  const auto done = apply(all);
  if (done.status != grid::storage_status::ok)
    throw std::runtime_error("a store does not take what it is given: " + done.detail);
}

std::optional<true_version> best_of(const sim_file& file, const std::vector<share_bytes_map>& servers,
                                    codec::erasure_codes& codes) {
  std::map<grid::file_version, std::map<share_number, shares::share_body>> good;
  bool has_key = false;
  for (const auto& server : servers) {
    grid::slot_read_answer answer;
    for (const auto& [number, data] : server)
      answer.reads[number] = {shared_bytes::copy_of(byte_view(data))};
    const auto seen = shares::look_at(file.access, answer, 1U << 24, true);
    has_key = has_key || seen.private_key.has_value();
    for (const auto& share : seen.answer.good) {
      auto judged = shares::judge_body(share.version, share.share, seen.heads.at(share.share), {});
      if (judged.verdict == grid::share_verdict::good)
        good[share.version].insert_or_assign(share.share, std::move(judged.body));
    }
  }
  for (auto at = good.rbegin(); at != good.rend(); ++at) {
    if (at->second.size() < at->first.k)
      continue;
    const auto content = shares::decode(at->first, *file.access.read, at->second, codes);
    if (content)
      return true_version{at->first, to_bytes(content->content.view()), has_key};
  }
  return std::nullopt;
}

} // namespace truckee::simulation
