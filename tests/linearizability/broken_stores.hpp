#pragma once

#include "truckee/storage/share_store.hpp"

#include <atomic>
#include <memory>
#include <mutex>

/// Stores that break the register in ways that tests of single calls do not see.
namespace truckee::test {

class broken_store : public storage::share_store {
public:
  explicit broken_store(std::unique_ptr<storage::share_store> inner) : inner_(std::move(inner)) {}

  grid::store_info info() override { return inner_->info(); }
  grid::read_test_write_answer read_test_write(const grid::read_test_write& x) override {
    return inner_->read_test_write(x);
  }
  grid::stage_answer stage(const grid::stage_piece& x) override { return inner_->stage(x); }
  grid::slot_read_answer read(const grid::slot_read& x) override { return inner_->read(x); }
  storage::lease_answer add_lease(const storage_index& slot, const server_secret& renew,
                                  const server_secret& cancel) override {
    return inner_->add_lease(slot, renew, cancel);
  }
  result<storage::slot_leases> leases(const storage_index& slot) override { return inner_->leases(slot); }
  result<storage::slot_expiry> expire(const storage_index& slot, std::uint64_t now,
                                      const storage::expiry_policy& policy, bool dry_run) override {
    return inner_->expire(slot, now, policy, dry_run);
  }
  result<std::vector<storage_index>> slots() override { return inner_->slots(); }

protected:
  static grid::read_test_write without_writes(grid::read_test_write x) {
    for (auto& change : x.changes)
      change.writes.clear();
    return x;
  }
  static grid::read_test_write without_tests(grid::read_test_write x) {
    for (auto& change : x.changes)
      change.tests.clear();
    return x;
  }
  bool every_fifth() { return ++calls_ % 5 == 0; }

  std::unique_ptr<storage::share_store> inner_;

private:
  std::atomic<std::uint64_t> calls_ = 0;
};

/// Says that it wrote, and did not.
class dropping_store final : public broken_store {
public:
  using broken_store::broken_store;
  grid::read_test_write_answer read_test_write(const grid::read_test_write& x) override {
    return inner_->read_test_write(every_fifth() ? without_writes(x) : x);
  }
};

/// Writes whatever the tests say.
class untesting_store final : public broken_store {
public:
  using broken_store::broken_store;
  grid::read_test_write_answer read_test_write(const grid::read_test_write& x) override {
    return inner_->read_test_write(every_fifth() ? without_tests(x) : x);
  }
};

/// Tests at once and writes after the next call: another write comes in between.
class slipping_store final : public broken_store {
public:
  using broken_store::broken_store;
  grid::read_test_write_answer read_test_write(const grid::read_test_write& x) override {
    const std::lock_guard lock(mutex_);
    const bool slips = !waiting_ && every_fifth();
    auto answer = inner_->read_test_write(slips ? without_writes(x) : x);
    if (waiting_) {
      inner_->read_test_write(*waiting_);
      waiting_.reset();
    }
    if (slips && answer.status == grid::storage_status::ok)
      waiting_ = without_tests(x);
    return answer;
  }

private:
  std::mutex mutex_;
  std::optional<grid::read_test_write> waiting_;
};

/// Answers some reads with what was there at the first one.
class remembering_store final : public broken_store {
public:
  using broken_store::broken_store;
  grid::slot_read_answer read(const grid::slot_read& x) override {
    const std::lock_guard lock(mutex_);
    auto now = inner_->read(x);
    const auto before = first_.find(x.slot);
    auto out = before != first_.end() && every_fifth() ? before->second : now;
    first_.emplace(x.slot, std::move(now));
    return out;
  }

private:
  std::mutex mutex_;
  std::map<storage_index, grid::slot_read_answer> first_;
};

} // namespace truckee::test
