#pragma once

#include <string_view>

/// The tags of every hash that mutable files use. Source: docs/formats.md section 1.
namespace truckee::crypto::tags {

inline constexpr std::string_view write_key = "allmydata_mutable_privkey_to_writekey_v1";
inline constexpr std::string_view read_key = "allmydata_mutable_writekey_to_readkey_v1";
inline constexpr std::string_view storage_index = "allmydata_mutable_readkey_to_storage_index_v1";
inline constexpr std::string_view fingerprint = "allmydata_mutable_pubkey_to_fingerprint_v1";
inline constexpr std::string_view data_key = "allmydata_mutable_readkey_to_datakey_v1";
inline constexpr std::string_view write_enabler_master =
    "allmydata_mutable_writekey_to_write_enabler_master_v1";
inline constexpr std::string_view write_enabler =
    "allmydata_mutable_write_enabler_master_and_nodeid_to_write_enabler_v1";
inline constexpr std::string_view client_renewal = "allmydata_client_renewal_secret_v1";
inline constexpr std::string_view client_cancel = "allmydata_client_cancel_secret_v1";
inline constexpr std::string_view file_renewal = "allmydata_file_renewal_secret_v1";
inline constexpr std::string_view file_cancel = "allmydata_file_cancel_secret_v1";
inline constexpr std::string_view bucket_renewal = "allmydata_bucket_renewal_secret_v1";
inline constexpr std::string_view bucket_cancel = "allmydata_bucket_cancel_secret_v1";
inline constexpr std::string_view block = "allmydata_encoded_subshare_v1";
inline constexpr std::string_view tree_node = "Merkle tree internal node";
inline constexpr std::string_view empty_leaf = "Merkle tree empty leaf";

} // namespace truckee::crypto::tags
