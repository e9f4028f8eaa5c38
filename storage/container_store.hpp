#pragma once

#include "truckee/storage/container.hpp"
#include "truckee/storage/slot_backend.hpp"
#include "truckee/storage/staging_book.hpp"

#include <atomic>
#include <mutex>
#include <optional>

namespace truckee::storage {

/// What a store is, whatever its shares lie on.
struct container_store_options {
  server_id id;
  bytes permutation_seed; ///< empty: the id's bytes
  store_limits limits;
  bool read_only = false;
};

/// Every rule of a storage server (docs/formats.md section 12) over any backend: what disk and memory have in
/// common.
class container_store final : public share_store {
public:
  /// `slots` is how many the backend holds now.
  container_store(container_store_options options, unix_clock now, std::unique_ptr<slot_backend> backend,
                  std::uint64_t slots);

  grid::store_info info() override;
  bool is_quick(const storage_index& slot) override { return backend_->is_quick(slot); }
  bool begins_quickly(const storage_index& slot) override { return backend_->begins_quickly(slot); }
  const disk_place* disk() const override { return backend_->disk(); }
  void use(const store_settings& settings) override;
  grid::read_test_write_answer read_test_write(const grid::read_test_write& request) override;
  std::unique_ptr<slot_write> begin_write(grid::read_test_write request) override;
  grid::stage_answer stage(const grid::stage_piece& request) override;
  void let_go_idle() override;
  grid::slot_read_answer read(const grid::slot_read& request) override;
  lease_answer add_lease(const storage_index& slot, const server_secret& renew,
                         const server_secret& cancel) override;
  result<slot_leases> leases(const storage_index& slot) override;
  result<slot_expiry> expire(const storage_index& slot, std::uint64_t now, const expiry_policy& policy,
                             bool dry_run) override;
  result<std::vector<storage_index>> slots() override;

private:
  class writing;

  /// A status with its explanation; ok: go on.
  struct verdict {
    grid::storage_status status = grid::storage_status::ok;
    std::string detail;
    std::uint64_t bytes_available = 0;
  };

  std::optional<verdict> check_answer(std::uint64_t wanted) const;
  verdict carry_out(const storage_index& slot, const open_slot& old, const slot_plan& plan);
  verdict ended(const open_slot& old, const slot_plan& plan, const io_result<void>& done);
  verdict carry_out_anew(const storage_index& slot, const slot_plan& plan);
  verdict room_for(const open_slot& old, const slot_plan& plan);
  verdict take_piece(const staging_name& name, const grid::write_vector& piece);
  tl::expected<std::shared_ptr<staged_file>, verdict> staged_as(const staging_name& name);
  bool make_room();
  std::uint64_t bytes_available();
  io_result<std::uint64_t> free_for(std::uint64_t needed);
  std::uint32_t lease_end() const;

  store_limits limits() const;

  const container_store_options options_;
  std::atomic<std::uint64_t> reserved_space_;
  std::atomic<std::uint64_t> share_bytes_max_;
  std::atomic<bool> read_only_;
  unix_clock now_;
  std::unique_ptr<slot_backend> backend_;
  std::atomic<std::uint64_t> slots_;

  /// Free bytes of the file system as it said, less what was written since.
  struct known_room {
    std::uint64_t asked_at = 0; ///< unix seconds
    std::uint64_t free = 0;
  };
  std::mutex room_mutex_;
  std::optional<known_room> room_;
  staging_book stagings_; ///< of the backend's files
};

/// As a client is told of it.
grid::storage_status status_of(const io_failure& why);
grid::storage_status status_of(const error& why);

} // namespace truckee::storage
