#pragma once

#include "simulation/world.hpp"
#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/shares/file_access.hpp"
#include "truckee/storage/memory_store.hpp"

namespace truckee::simulation {

/// The file of a run, and what only its maker knows.
struct sim_file {
  sim_file(crypto::private_key key, crypto::file_format format);

  crypto::file_keys keys;
  shares::file_access access;
  std::string write_cap;
};

/// A real store: storage::memory_store with one file's shares.
class store_keeper final : public share_keeper {
public:
  store_keeper(const server_id& id, const sim_file& file);

  grid::read_test_write_answer apply(const grid::read_test_write& message) override;
  grid::read_test_write_answer pretend(const grid::read_test_write& message) override;
  const share_bytes_map& shares() override;
  void become(share_bytes_map shares) override;
  /// The shares of that version which were ever written here, as they were then.
  share_bytes_map landed(const grid::file_version& version) const;
  grid::slot_read_answer read(const grid::slot_read& question) { return store_->read(question); }
  grid::stage_answer stage(const grid::stage_piece& piece) { return store_->stage(piece); }
  grid::store_info info() { return store_->info(); }

private:
  const sim_file& file_;
  grid::slot_secrets secrets_;
  std::unique_ptr<storage::share_store> store_;
  std::optional<share_bytes_map> shares_;     ///< as last read; nothing after a change
  std::map<hash256, share_bytes_map> landed_; ///< by root
};

/// Content of the best version whose k good shares are among these; verified as any reader would.
struct true_version {
  grid::file_version version;
  bytes content;
  bool key_to_be_had = false; ///< some share has the private key undamaged
};
std::optional<true_version> best_of(const sim_file& file, const std::vector<share_bytes_map>& servers,
                                    codec::erasure_codes& codes);

} // namespace truckee::simulation
