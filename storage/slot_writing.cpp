#include "truckee/storage/slot_writing.hpp"

#include "truckee/crypto/base32.hpp"

namespace truckee::storage {

using grid::storage_status;

container_store::writing::writing(container_store& store, const grid::read_test_write& request)
  : store_(store), request_(request) {
  begin();
}

std::span<const sync_wish> container_store::writing::wishes() const {
  return change_ ? change_->wishes() : std::span<const sync_wish>{};
}

void container_store::writing::next(io_result<void> fulfilled) {
  change_->next(std::move(fulfilled));
  look();
}

void container_store::writing::refuse(verdict why) {
  answer_ = {};
  answer_.status = why.status;
  answer_.detail = std::move(why.detail);
  answer_.bytes_available = why.bytes_available;
}

void container_store::writing::begin() {
  if (auto refused = rules::check_request(request_, store_.limits()))
    return refuse({refused->status, std::move(refused->detail)});
  if (store_.read_only_ && !request_.changes.empty())
    return refuse({storage_status::read_only, "this store takes no writes"});
  files_ = store_.backend_->open(request_.slot);
  const auto& files = *files_;
  if (!files)
    return refuse({storage_status::io_error, files.error().what});
  auto loaded = rules::load(*files, request_.changes);
  if (!loaded)
    return refuse({loaded.error().status, loaded.error().detail});
  slot_ = std::move(*loaded);
  if (const auto node = rules::mismatched_enabler(slot_, request_.secrets.write_enabler)) {
    refuse({storage_status::bad_write_enabler,
            "the write enabler is not the one node " + crypto::to_base32(node->view()) + " recorded"});
    answer_.recorded_node = node;
    return;
  }
  if (auto wanted = store_.check_answer(rules::answer_bytes(slot_, request_.reads)))
    return refuse(std::move(*wanted));
  for (const auto& [share, each] : slot_) {
    auto found = rules::read_all(each, request_.reads);
    if (!found)
      return refuse({status_of(found.error()), found.error().detail});
    answer_.reads.emplace(share, std::move(*found));
  }
  const auto passed = rules::tests_pass(slot_, request_.changes);
  if (!passed)
    return refuse({status_of(passed.error()), passed.error().detail});
  if (!*passed) {
    answer_.status = storage_status::test_failed;
    return;
  }
  terms_ = {store_.options_.id, store_.lease_end(), store_.options_.limits.leases_per_share_max};
  if (!find_staged())
    return;
  auto plan = rules::plan_changes(slot_, request_, staged_, terms_);
  if (!plan)
    return refuse({plan.error().status, plan.error().detail});
  plan_ = std::move(*plan);
  attempt();
}

void container_store::writing::attempt() {
  if (plan_.empty())
    return;
  if (auto room = store_.room_for(**files_, plan_); room.status != storage_status::ok)
    return no_room(std::move(room));
  begun_ = true;
  change_ = store_.backend_->begin(request_.slot, **files_, plan_);
  look();
}

/// Otherwise the answer says which is missing.
bool container_store::writing::find_staged() {
  for (const auto& change : request_.changes) {
    if (!change.staged)
      continue;
    auto found = store_.stagings_.find({request_.slot, change.share, *change.staged}, store_.now_());
    if (!found) {
      refuse({storage_status::not_found,
              "nothing is staged here under that name for share " + std::to_string(change.share.value) +
                  ": it was let go, or the store was opened anew since; bring it again"});
      return false;
    }
    if (const auto most = store_.share_bytes_max_.load(); found->size() > container_head_size + most) {
      refuse({storage_status::too_large, "what was staged for share " + std::to_string(change.share.value) +
                                             " is longer than the limit, which is " + std::to_string(most)});
      return false;
    }
    staged_.emplace(change.share, std::move(found));
  }
  return true;
}

void container_store::writing::let_go_staged() {
  for (const auto& change : request_.changes)
    if (change.staged)
      store_.stagings_.let_go({request_.slot, change.share, *change.staged});
  plan_.clear();
  staged_.clear();
}

/// A container keeps the size it once had. Where that does not fit, what it holds now may.
void container_store::writing::no_room(verdict why) {
  change_.reset();
  if (store_.make_room())
    return attempt();
  if (!terms_.compact) {
    terms_.compact = true;
    if (auto plan = rules::plan_changes(slot_, request_, staged_, terms_)) {
      plan_ = std::move(*plan);
      return attempt();
    }
  }
  if (begun_)
    let_go_staged();
  refuse(std::move(why));
}

void container_store::writing::look() {
  if (!change_->wishes().empty())
    return;
  auto done = store_.ended(**files_, plan_, change_->result());
  change_.reset();
  if (done.status == storage_status::no_space)
    return no_room(std::move(done));
  let_go_staged();
  if (done.status != storage_status::ok)
    refuse(std::move(done));
}

} // namespace truckee::storage
