#pragma once

#include "truckee/base/ids.hpp"

/// The secrets and names of one mutable file, and how each comes from the one before. Source:
/// docs/formats.md section 4.
///
///   private key -> write key -> read key -> storage index
///                  write key -> write enabler master -> write enabler of each server
///                               read key + salt -> data key of one version
namespace truckee::crypto {

using write_key = secret_bytes<struct write_key_tag, 16>;
using read_key = secret_bytes<struct read_key_tag, 16>;
using data_key = secret_bytes<struct data_key_tag, 16>;
using write_enabler_master = secret_bytes<struct write_enabler_master_tag, 32>;

/// What a client proves its leases with; the file `private/secret` of a Tahoe-LAFS node, base32.
using lease_secret = secret_bytes<struct lease_secret_tag, 32>;

/// The hash of the public key that every capability carries.
using fingerprint = fixed_bytes<struct fingerprint_tag, 32>;

/// The 16 random bytes of one version, or of one segment of an MDMF version ("IV" to Tahoe-LAFS); never used twice with one
/// read key.
using version_salt = fixed_bytes<struct version_salt_tag, 16>;

write_key derive_write_key(byte_view private_key_der);
read_key derive_read_key(const write_key& key);
storage_index derive_storage_index(const read_key& key);
fingerprint derive_fingerprint(byte_view public_key_der);
data_key derive_data_key(const version_salt& salt, const read_key& key);

write_enabler_master derive_write_enabler_master(const write_key& key);
server_secret derive_write_enabler(const write_enabler_master& master, const server_id& server);
server_secret derive_write_enabler(const write_key& key, const server_id& server);

/// What one server gets to renew or cancel this client's lease on one file.
struct lease_secrets {
  server_secret renew;
  server_secret cancel;
};
lease_secrets derive_lease_secrets(const lease_secret& client, const storage_index& file,
                                   const server_id& server);

/// Where a server stands in a file's order of servers: ascending rank. `seed` is the server's permutation
/// seed.
using permutation_rank = fixed_bytes<struct permutation_rank_tag, 20>;
permutation_rank derive_permutation_rank(const storage_index& file, byte_view seed);

} // namespace truckee::crypto
