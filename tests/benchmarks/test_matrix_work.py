from _matrix_work import dense_work, operations_per_update


def test_dense_layers_multiply_inputs_by_outputs():
    assert dense_work((3, 4, 2)) == 3 * 4 + 4 * 2


def test_operations_of_an_update_worked_out_by_hand():
    # Actor 3 → 4 → 2 means and 2 deviations: 12 + 16 = 28, its first layer 12.
    # Critic (3 + 2) → 5 → 1: 25 + 5 = 30, its first layer 25; there are two.
    # Critic update: 28 + 2 · (30 target + 30 forward + 30 by weights + 5 by hidden values) = 218.
    # Actor update: 28 + 2 · (30 forward + 5 by hidden values + 2 · 5 by actions), the actor's gradients 28 by weights
    # and 28 − 12 = 16 by hidden values: 162.
    # Batch 10, one actor update for 3 critic updates: 2 · 10 · (218 + 162 / 3) = 5440.
    assert operations_per_update(3, 2, (4,), (5,), batch_size=10, policy_delay=3) == 5440
